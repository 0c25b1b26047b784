from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from local.fc.watch import Watch, peak_memory

NO_PROCESS = 2**22 + 1
"""Beyond what Linux numbers processes by, so there is no /proc entry, as there is none on other systems."""

needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is watched where there is /proc")


@needs_proc
def test_the_peak_of_a_process_is_at_least_what_it_held() -> None:
    held = "held = bytearray(50 * 1024 * 1024); del held; print(flush=True); input()"
    command = [sys.executable, "-c", held]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        assert 50 * 1024 * 1024 < peak_memory(process.pid) < 150 * 1024 * 1024
        process.kill()


def test_where_the_system_does_not_say_nothing_is_too_much() -> None:
    ended = threading.Event()
    with Watch(NO_PROCESS, 60, 1, ended.set) as watch:
        pass
    assert (watch.peak, watch.out_of_memory, ended.is_set()) == (0, False, False)


def test_time_that_is_over_ends_it_once() -> None:
    ends: list[int] = []
    over = threading.Event()

    def end() -> None:
        ends.append(1)
        over.set()

    with Watch(NO_PROCESS, 0.01, 1, end) as watch:
        assert over.wait(10)
    assert (ends, watch.timed_out, watch.out_of_memory) == ([1], True, False)


@needs_proc
def test_memory_is_weighed_once_more_when_all_is_over() -> None:
    ended = threading.Event()
    with Watch(os.getpid(), 60, 1, ended.set) as watch:
        pass  # ends before the first look
    assert (watch.out_of_memory, watch.timed_out, ended.is_set()) == (True, False, True)
