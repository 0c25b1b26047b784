# Every target makes .venv when it is missing, so `make demo` works in a fresh clone.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# The lock of the Python that is, or will be, in the environment.
LOCK   := $(shell $(or $(wildcard $(BIN)/python),$(PYTHON)) -c 'import sys; print("locks/python3.10.txt" if sys.version_info[:2] == (3, 10) else "locks/python3.12.txt")')

.PHONY: help demo test sim check fix bundle bench clean lock
.DEFAULT_GOAL := help

help: $(READY)  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 10

demo: bundle  ## five photos through the whole booth, on this machine
	@$(BIN)/cosdrop demo

test: bundle  ## all tests
	@$(BIN)/python -m pytest

sim: $(READY)  ## the simulation alone: LIVES=all or a number per scenario, SEED=1
	@$(BIN)/python -m pytest tests/simulation

check: $(READY)  ## format, lint and types, as CI does
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

fix: $(READY)  ## format and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bundle: $(READY)  ## build both functions into .build/
	@$(BIN)/python -m ops.bundle

bench: bundle  ## speed and memory, as ratios
	@$(BIN)/python -m bench

lock: $(READY)  ## resolve both lock files anew (needs uv)
	@for v in 3.10 3.12; do uv pip compile -q --universal --python-version $$(echo $$v | sed s/3.12/3.11/) \
	  --generate-hashes --no-emit-index-url --extra dev pyproject.toml locks/python$$v.in -o locks/python$$v.txt; done

clean:  ## remove all that was built, the local stack's data included
	rm -rf .venv .venv-* .build .local .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

$(READY): pyproject.toml $(LOCK)
	@echo "making $(VENV) from $(LOCK) ..." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 --requirement $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --use-pep517 --editable .
	@touch $@
