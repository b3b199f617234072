"""The start of worker processes, as early as a person reads the picker: it must cost the first paint nothing.

A fork server (`fork_server`, a process of this program's own) imports scikit-learn once; every worker, a replacement
too, is a fork of it and ready at once. One that dies is replaced when the next worker is wanted. Where a process that
has loaded compiled libraries must not be forked, as on macOS, each worker is started plainly and imports for itself.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

FORKS = sys.platform != "darwin"
"""Whether workers are forks of a process that is ready; else each is started for itself."""

REPORT = struct.Struct("=q")
"""What is told of a worker: its number, or the negative error that kept it from being made; later its exit code."""

_THREAD_LIMITS = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR")}
_THREAD_LIMITS["OMP_WAIT_POLICY"] = "PASSIVE"

_limited: set[str] = set()
"""Those of them that nobody had asked for before this process did."""

_HOME = str(Path(__file__).resolve().parents[3])
"""The folder that holds the package, where it was found by its name."""

_FLAGS = {"ignore_environment": "-E", "no_user_site": "-s", "no_site": "-S"}


class ServerDied(Exception):
    """The fork server has ended, in the way that the message tells, and its workers with it."""


def limit_threads() -> None:
    """Let linear algebra use one thread in each process, where nothing else was asked for.

    Holds for libraries loaded later: two workers with a thread for every core only fight over the cores, and so do a
    worker and a search that thinks in this process. Those that take a thread for every core all the same, as LightGBM
    does, sleep while they wait for each other: at work they kept from the cores whoever they waited for.
    """
    for name, value in _THREAD_LIMITS.items():
        if name not in os.environ:
            os.environ[name] = value
            _limited.add(name)


def unlimited() -> dict[str, str]:
    """Return the environment without those limits, for a program of somebody else, which has the cores to itself."""
    return {name: value for name, value in os.environ.items() if name not in _limited}


def warm_up() -> None:
    """Start the fork server, which imports what workers need, and return at once; again, it does nothing."""
    limit_threads()
    if FORKS:
        _running_server()


def start(tasks: int, answers: int) -> Started:
    """Have a worker made that reads from the pipe `tasks` and writes to `answers`; the descriptors stay the caller's.

    Raises OSError where there is no room for one.
    """
    report, told = os.pipe()
    try:
        if FORKS:
            return Started(report, _running_server(order=(tasks, answers, told)))
        _start_plainly(tasks, answers, os.dup(told))
        return Started(report)
    except BaseException:
        os.close(report)
        raise
    finally:
        os.close(told)


class Started:
    """A worker process that was asked for, as its owner sees it.

    `fileno` makes it something to be waited for: readable once there is news of it.
    """

    def __init__(self, report: int, server: _Server | None = None) -> None:
        self.pid = 0
        """The number of its process, once that is made."""
        self._report, self._server = report, server

    def fileno(self) -> int:
        """Return the descriptor through which its number, and later its end, is told."""
        return self._report

    def made(self, seconds: float) -> bool:
        """Wait so long for it to exist, and return whether it does.

        Raises OSError where it cannot be made, `ServerDied` where nobody is left to do so.
        """
        if not self.wait_ended(seconds):
            return False
        number = self._read()
        if number is None:
            raise ServerDied(self._server.how_it_ended() if self._server is not None else "vanished")
        if number < 0:
            raise OSError(-number, os.strerror(-number))
        self.pid = number
        return True

    def wait_ended(self, seconds: float) -> bool:
        """Wait so long for its end, or for its beginning if that is not known yet; return whether there was news."""
        watched = select.poll()
        watched.register(self._report, select.POLLIN)
        return bool(watched.poll(seconds * 1000))

    def exit_code(self) -> int | None:
        """Wait for its end; return its exit code, negative for a signal, or None if the fork server died with it."""
        return self._read()

    def kill(self) -> None:
        """End the process, and whatever its fits have started; for any thread."""
        kill_whole(self.pid)

    def kill_left(self) -> None:
        """End whatever it has left behind, itself having ended."""
        # its number may be another's by now, its process group's only once that is empty
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def wake_server(self) -> None:
        """Let the fork server go on where somebody has stopped it: it makes workers, and tells of the end of each."""
        if self._server is not None:
            self._server.wake()

    def close(self) -> None:
        """Let go of the descriptor."""
        os.close(self._report)

    def _read(self) -> int | None:
        told = os.read(self._report, REPORT.size)
        return REPORT.unpack(told)[0] if len(told) == REPORT.size else None


class _Server:
    """A fork server of this process: its own process, and the line to it, whose end it takes for its owner's."""

    def __init__(self, process: subprocess.Popen[bytes], line: socket.socket) -> None:
        self._process, self._line = process, line

    @classmethod
    def begin(cls) -> _Server:
        line, theirs = socket.socketpair()
        try:
            with theirs:
                return cls(start_python("fork_server", theirs.fileno()), line)
        except BaseException:
            line.close()
            raise

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def order(self, descriptors: tuple[int, ...]) -> bool:
        """Ask for a worker with such descriptors; return whether that could be asked."""
        self.wake()
        try:
            socket.send_fds(self._line, [b"+"], descriptors)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def wake(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def how_it_ended(self) -> str:
        try:
            return cause(self._process.wait(1.0))
        except subprocess.TimeoutExpired:
            return "does not answer"

    def close(self) -> None:
        """Let go of it, and see to it that it ends."""
        self._line.close()
        self._process.kill()
        self._process.wait()

    def disown(self) -> None:
        """Let go of it in a fork of its owner, for which it does not live on."""
        self._line.close()


def kill_whole(pid: int) -> None:
    """Kill a process, and those of the group that it leads, as far as they are there and may be killed."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def cause(code: int) -> str:
    """Return in words how a process ended, by its exit code."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = {"SIGKILL": " (out of memory?)", "SIGSEGV": " (a crash in compiled code)"}.get(name, "")
    return f"was killed by {name}{hint}"


_server: _Server | None = None
_lock = threading.Lock()


def _running_server(order: tuple[int, ...] = ()) -> _Server:
    """Return the fork server, begun anew if it has died, having ordered a worker with such descriptors, if any."""
    global _server
    with _lock:
        if _server is not None:
            if _server.lives and (not order or _server.order(order)):
                return _server
            _server.close()
        _server = None
        _server = server = _Server.begin()
        if order and not server.order(order):
            raise OSError(f"the process that makes workers {server.how_it_ended()}")
        return server


def _forget() -> None:
    global _server, _lock
    _lock = threading.Lock()
    if _server is not None:
        _server.disown()
    _server = None


# a fork of this process has none: two owners would not notice each other's end
os.register_at_fork(after_in_child=_forget)


def _start_plainly(tasks: int, answers: int, report: int) -> None:
    """Start a worker of its own, and a thread that tells of its end and closes `report` then."""
    try:
        process = start_python("process", tasks, answers)
    except BaseException:
        os.close(report)
        raise

    def tell() -> None:
        with open(report, "wb", buffering=0) as told, contextlib.suppress(BrokenPipeError):
            told.write(REPORT.pack(process.pid))
            told.write(REPORT.pack(process.wait()))

    threading.Thread(target=tell, name="worker-end", daemon=True).start()


def pipes_of(descriptors: str) -> tuple[Connection, Connection]:
    """Return what a module's `main` is handed where that is two pipes: one to read from, one to write to."""
    inlet, outlet = map(int, descriptors.split(","))
    for descriptor in (inlet, outlet):
        # whatever is started from here must not keep them open
        os.set_inheritable(descriptor, False)
    return Connection(inlet, writable=False), Connection(outlet, readable=False)


def start_python(
    module: str, *descriptors: int, output: IO[bytes] | int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start the `main` of a module with such descriptors, in a session of its own and out of the terminal's reach.

    `output` is where it may write to; without it, nowhere.

    Nothing is imported from the current folder, where a `random.py` of somebody's would take the place of Python's own.
    What this process imports from there all the same, workers are told of.
    """
    flags = ["-P", *(flag for name, flag in _FLAGS.items() if getattr(sys.flags, name))]
    code = f"import sys; sys.path += sys.argv[2:]; from {__package__}.{module} import main; main(sys.argv[1])"
    home = [_HOME] if _HOME in sys.path else []
    return subprocess.Popen(
        [sys.executable, *flags, "-c", code, ",".join(map(str, descriptors)), *home],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=descriptors,
    )
