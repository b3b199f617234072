"""Forks of a process that has imported everything, in what is asked of a `Popen`."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading


class Forked:
    """A process that another one has forked: how it ended nobody here is told."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None
        self._ending = threading.Lock()
        self._handle = -1
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._code = 0

    def _buried(self) -> int:
        return 0

    def poll(self, seconds: float | None = 0) -> int | None:
        with self._ending:
            if self._code is None:
                watched = select.poll()
                watched.register(self._handle, select.POLLIN)
                if watched.poll(None if seconds is None else seconds * 1000):
                    os.close(self._handle)
                    self._code = self._buried()
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        if (code := self.poll(timeout)) is None:
            raise subprocess.TimeoutExpired("a fork", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._code is None:
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Child(Forked):
    """A fork of this very process."""

    def _buried(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
