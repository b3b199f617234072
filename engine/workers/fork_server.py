"""The fork server: a process that has imported what workers need, and forks one whenever its owner asks for it.

`warm` starts it, with one end of a socket pair. Each message there brings three descriptors: the worker's two pipes,
and one through which its owner is told the worker's number and then how it ended. The server lives as long as its
owner holds the other end: then, be it for a kill -9, it ends the workers and whatever their fits have started.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

from .warm import REPORT, kill_whole

_PATIENCE = 2.0
"""Seconds in which killed processes are waited for."""


def main(descriptor: str) -> NoReturn:
    """Be the fork server of whoever holds the other end of a socket."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # the one that a fit starts programs with must not pass it on
    line = socket.socket(fileno=int(descriptor))
    line.set_inheritable(False)
    server = ForkServer(line)
    # what is imported stays: to walk through it again and again takes a seventh of the time, and a worker that did so
    # would copy all of it
    gc.disable()
    # what cannot be imported here cannot be in a worker either, which has a way to say so
    with server.ending_with_owner(), contextlib.suppress(Exception):
        # scikit-learn loads its parts when they are named: most scores and models need these, in each worker anew
        from sklearn import ensemble, metrics  # noqa: F401

        from . import fit, process  # noqa: F401
    gc.freeze()
    gc.enable()
    server.serve()


class ForkServer:
    """The workers made so far, and the owner that they are made for."""

    def __init__(self, owner: socket.socket) -> None:
        self._me = os.getpid()
        self._owner = owner
        self._workers: dict[int, int] = {}
        """Process number -> the descriptor through which the owner is told about it."""

    @contextlib.contextmanager
    def ending_with_owner(self) -> Iterator[None]:
        """End with the owner also while a block keeps this process from looking; it has no threads after that."""
        done, finish = os.pipe()
        watched = select.poll()
        watched.register(done, select.POLLIN)
        watched.register(self._owner, 0)  # a hang-up is told unasked

        def watch() -> None:
            if any(ready != done for ready, _ in watched.poll()):
                self._end()

        watcher = threading.Thread(target=watch, name="owner-watch")
        watcher.start()
        try:
            yield
        finally:
            os.close(finish)
            watcher.join()
            os.close(done)

    def serve(self) -> NoReturn:
        """Fork a worker for each message, and tell of the end of each."""
        from .process import adopt_orphans

        # so that a process that a fit has sent into a session of its own does not outlive the run either
        adopt_orphans()
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        watched = select.poll()
        watched.register(self._woken, select.POLLIN)
        watched.register(self._owner, select.POLLIN)
        while True:
            for ready, _ in watched.poll():
                if ready == self._woken:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._woken, 512)
                    self._bury()
                else:
                    self._take_order()

    def _take_order(self) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._owner, 1, 3, getattr(socket, "MSG_CMSG_CLOEXEC", 0))
        except ConnectionError:
            message, descriptors = b"", []
        if not message:
            self._end()
        if len(descriptors) == 3:
            self._fork(*descriptors)
        else:  # no room for more open files: the ends that got through are closed, which tells enough
            for descriptor in descriptors:
                os.close(descriptor)

    def _fork(self, tasks: int, answers: int, report: int) -> None:
        with warnings.catch_warnings():
            # of threads of linear algebra, which sees to its own forks
            warnings.simplefilter("ignore")
            try:
                pid = os.fork()
            except OSError as error:
                pid = -(error.errno or 1)
        if pid == 0:
            self._be_worker(tasks, answers, report)
        os.close(tasks)
        os.close(answers)
        _tell(report, pid)
        if pid > 0:
            self._workers[pid] = report
        else:
            os.close(report)

    def _be_worker(self, tasks: int, answers: int, report: int) -> NoReturn:
        code = 1
        try:
            os.setsid()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.set_wakeup_fd(-1)
            self._owner.close()
            for descriptor in (self._wake, self._woken, report, *self._workers.values()):
                os.close(descriptor)
            from .process import die_with_parent, serve

            die_with_parent(self._me)
            serve(Connection(tasks, writable=False), Connection(answers, readable=False))
            code = 0
        finally:
            # at once: to take down all that was imported takes seconds
            os._exit(code)

    def _bury(self) -> None:
        """Tell of each child that has ended; an adopted one is nobody's business."""
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = found
                if (report := self._workers.pop(pid, None)) is not None:
                    _tell(report, os.waitstatus_to_exitcode(status))
                    os.close(report)

    def _end(self) -> NoReturn:
        """End, and take along whatever was forked here, and what that has left behind."""
        until = time.monotonic() + _PATIENCE
        while (children := self._children()) and time.monotonic() < until:
            for child in children:
                kill_whole(child)
            # what a child leaves behind becomes a child of this process once that is buried
            self._bury()
            time.sleep(0.001)
        os._exit(0)

    def _children(self) -> list[int]:
        try:
            return [int(pid) for pid in Path(f"/proc/{self._me}/task/{self._me}/children").read_text().split()]
        except OSError:
            return list(self._workers)  # a system that does not tell who was adopted


def _tell(report: int, number: int) -> None:
    # nobody may be there any more to hear it
    with contextlib.suppress(BrokenPipeError):
        os.write(report, REPORT.pack(number))
