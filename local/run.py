"""One server of the local stack as a process: `python -m local.run oss --data DIR`. Ends when its parent does.

Each builder imports its own server, so that no process carries what another needs (OpenCV, above all).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from local import serving, stack
from local.clock import WallClock
from local.credential import Credential
from local.stack import Stack
from local.state import State

ROOT = Path(__file__).resolve().parents[1]


def _oss(of: Stack, state: State) -> ASGIApp:
    from local.fc import stack_file
    from local.furnish import furnish
    from local.oss import http
    from local.oss.delivery import delivering
    from local.oss.engine import Oss
    from local.oss.events import Event, Rule, event_json

    functions = stack_file.read(ROOT / "s.yaml", of.environment(os.environ), account_id=of.account_id, region=of.region)
    triggers = [trigger for function in functions for trigger in function.oss_triggers]
    rules = [Rule(one.name, one.bucket, one.events, one.prefix, one.suffix) for one in triggers]
    clock = WallClock()
    engine = Oss(state, clock, watch=lambda event: any(rule(event) for rule in rules))
    furnish(engine, of.bucket)
    app = http.app(engine, state, keys={one.id: one for one in _credentials(of)}, region=of.region, wall=clock)

    def payload(event: Event) -> dict[str, object]:
        rule = next(rule for rule in rules if rule(event))
        return event_json(event, rule_id=rule.id, region=of.region, owner=of.account_id)

    lifespan = delivering(engine, f"{of.fc}/_local/oss-event", payload)
    return Starlette(routes=[Mount("/", app)], lifespan=lifespan)


def _mns(of: Stack, state: State) -> ASGIApp:
    from local.mns import http
    from local.mns.engine import Mns
    from local.mns.errors import MnsError

    clock = WallClock()
    engine = Mns(state, clock)
    with suppress(MnsError):  # it is there, and its attributes were changed since
        engine.create_queue(of.queue, visibility_timeout=60, message_retention_period=604_800)
    state.commit()
    return http.app(engine, state, credentials=_credentials(of), wall=clock)


def _dashscope(of: Stack, state: State) -> ASGIApp:
    from local.dashscope import http
    from local.dashscope.engine import DashScope
    from local.dashscope.limits import Settings
    from local.dashscope.studio import LocalStudio
    from local.dashscope.tasks import ApiKey

    refuses = os.environ.get("LOCAL_OVER_LIMIT") == "refuse"
    seconds = float(os.environ.get("LOCAL_TASK_SECONDS", "2"))
    settings = Settings(policy="refuse" if refuses else "queue", seconds=seconds)
    key = ApiKey(of.api_key, of.api_key_id, of.account_id)
    engine = DashScope(state, WallClock(), settings, keys=[key])
    return http.app(engine, state, studio=LocalStudio())


def _fc(of: Stack, state: State) -> ASGIApp:
    from local.fc import http, interpreters, logs, queues, stack_file
    from local.fc.engine import Fc
    from local.fc.instances import Instances
    from local.fc.surroundings import Platform

    def log(line: logs.Line) -> None:
        sys.stderr.write(f"{logs.keep(line)}\n")
        sys.stderr.flush()

    environment = of.environment(os.environ)
    functions = stack_file.read(ROOT / "s.yaml", environment, account_id=of.account_id, region=of.region)
    person, role = _credentials(of)
    runtimes = (function.runtime for function in functions)
    chosen = interpreters.choose(runtimes, ROOT, lambda told: log(logs.own("WARNING", told)))
    clock = WallClock()
    instances = Instances(functions, Platform(of.region, of.account_id, role, chosen), clock, log)
    engine = Fc(state, clock, functions, region=of.region, account_id=of.account_id)
    send = queues.sender(of.mns, role)
    return http.app(engine, state, instances=instances, credentials=[person], wall=clock, send=send, log=log)


def _credentials(of: Stack) -> list[Credential]:
    """The person's access key, and the temporary one that the functions are given."""
    role = Credential(of.role_key_id, of.role_key_secret, of.role_token)
    return [Credential(of.access_key_id, of.access_key_secret), role]


_BUILDERS: dict[str, Callable[[Stack, State], ASGIApp]] = {
    "oss": _oss,
    "mns": _mns,
    "dashscope": _dashscope,
    "fc": _fc,
}


def _end_with_parent() -> None:
    # The parent holds the other end of our standard input: it closes however the parent dies.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)  # ends in order: instances get their preStop


def main() -> None:
    """Serve until the parent is gone."""
    parser = argparse.ArgumentParser(prog="python -m local.run")
    parser.add_argument("server", choices=sorted(_BUILDERS))
    parser.add_argument("--data", type=Path, required=True)
    chosen = parser.parse_args()
    of = stack.load(chosen.data)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    state = State(of.folder(chosen.server))
    serving.run(_BUILDERS[chosen.server](of, state), of.port(chosen.server))


if __name__ == "__main__":
    main()
