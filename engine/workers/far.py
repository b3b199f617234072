"""A cluster's worker from the inside: it keeps the run's data on its host, and a post beside itself, and waits for it.

All of this is called by name from the other end of the cluster, so a host must have the package. Nothing is fitted in
the cluster's own process, and nothing heavy is imported there. A post that nobody asks for is ended, and data that
belongs to no living process goes when the next run comes by.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import IO, Any

from ..files import make_private_dir
from . import versions, warm

LEASE = 60.0
"""Seconds after which a post ends that its run has not asked for."""

_ABANDONED = 40.0
"""The same of a post with folds: its run, which asks each quarter of a minute, has given them to others by then."""

SILENCE = 60.0
"""Seconds without a word after which a post that was asked for one has died in all but name."""

GRACE = 45.0
"""Seconds beyond a fold's timeout after which its post, which should have ended it, is ended itself."""

_LOOK = 0.2
"""Seconds between looks whether a running task is still wanted."""

DONE, GONE, LATE = "done", "gone", "late"
"""How `do` ends: with an answer; without, the post being gone; without, for it did not keep to the timeout."""

Said = tuple[str, bytes | str]

_posts: dict[str, _Post] = {}
_resting: list[_Post] = []
"""Posts whose run is over, for the next one: what folds need is imported there."""
_lock = threading.Lock()


def probe(kit: str, libraries: Sequence[str]) -> dict[str, Any]:
    """Return what is to be known of this host before anything is sent: name, versions, whether it has the data."""
    host = socket.gethostname()
    return {"host": host, "versions": versions.installed(libraries), "data": _has_data(kit)}


def receive(kit: str, transfer: str, name: str, content: bytes, start: int, last: bool) -> None:
    """Append a piece to a file of the run's, which begins at byte `start`; after the `last` one, this host has all.

    Each `transfer` has a folder of its own until then: hosts may have one temporary folder between them.
    """
    folder = make_private_dir(_base() / f"{kit}-{transfer}")
    path = folder / name
    make_private_dir(path.parent)
    with open(path, "ab") as file:
        if file.tell() != start:
            raise OSError(f"{path} was removed on its way")
        file.write(content)
    os.utime(folder)  # as long as more comes, it is young
    if last:
        with _one_at_a_time(_base()):
            if not (_base() / kit).exists():
                folder.rename(_base() / kit)
                return
        shutil.rmtree(folder, ignore_errors=True)


def start(kit: str, size: int, allowed: Sequence[str]) -> None:
    """Start this worker's post for a run, unless it has one that lives; returns at once."""
    with _lock:
        if (post := _posts.get(kit)) is None or post.reason:
            while _resting and _resting[-1].reason:
                _resting.pop()
            _posts[kit] = post = _resting.pop() if _resting else _Post()
            post.begin(kit, size, tuple(allowed))


def status(kit: str) -> dict[str, Any]:
    """Return how a run's post is, and keep it alive.

    Its `kernel` once it is ready, the `reason` why it is gone, and the tasks that it is `doing`.
    """
    post = _posts.get(kit)
    if post is None:
        return {"reason": "there is none", "kernel": None, "doing": []}
    post.touch()
    return {"reason": post.reason, "kernel": post.kernel, "doing": post.doing}


def do(kit: str, number: int, task: bytes, timeout: float | None, wanted: Callable[[], bool] = lambda: True) -> Said:
    """Have the post do a task, and wait for it; as soon as it is not `wanted` any more, it is given up."""
    post = _posts.get(kit)
    if post is None:
        return GONE, "it has no post"
    return post.do(number, task, timeout, wanted)


def stop(kit: str, rest: bool) -> None:
    """End what a run's post does, and with it the post, unless it may `rest` for the next run, which may come soon."""
    with _lock:
        if (post := _posts.pop(kit, None)) is None:
            return
        if rest and not post.reason and not _resting:
            post.rest()
            _resting.append(post)
            return
    post.end("the run is over")


class _Post:
    """The process beside this one, as it is seen from here."""

    def __init__(self) -> None:
        self.kernel: str | None = None
        """What it says once it is ready."""
        self.reason = ""
        """Why it is gone."""
        self._touched = self._heard = time.monotonic()
        self._asked = False
        self._waiting: dict[int, queue.SimpleQueue[Said]] = {}
        self._sending = threading.Lock()
        self._hold: IO[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - what it says last is wanted when it has died
        theirs, self._tasks = Pipe(duplex=False)
        self._answers, theirs_too = Pipe(duplex=False)
        with theirs, theirs_too:
            self._process = warm.start_python("post", theirs.fileno(), theirs_too.fileno(), output=self._errors)
        threading.Thread(target=self._listen, name="tunetop-post", daemon=True).start()
        threading.Thread(target=self._watch, name="tunetop-lease", daemon=True).start()

    def begin(self, kit: str, size: int, allowed: tuple[str, ...]) -> None:
        """Let it do a run's folds, so many at a time."""
        folder = _base() / kit
        self._hold, self._touched = _hold(kit), time.monotonic()
        code = folder / "code"
        begin = (size, str(folder), str(folder / "preset.toml"), allowed, str(code) if code.is_dir() else "")
        self._send(begin)

    def rest(self) -> None:
        """Let it give up what it does, and wait for another run, for a while."""
        self.kernel, self._touched = None, time.monotonic()
        self._send(("rest", 0))
        self._let_go()

    def _let_go(self) -> None:
        """Let go of the run's data."""
        hold, self._hold = self._hold, None
        if hold is not None:
            hold.close()
            _sweep()

    @property
    def doing(self) -> list[int]:
        """The numbers of the tasks that it was handed."""
        return list(self._waiting)

    def touch(self) -> None:
        """Note that its run still asks for it, and see whether it answers."""
        self._touched = time.monotonic()
        if self.kernel is not None and not self._asked:
            self._heard, self._asked = self._touched, True
            self._send(("ping", 0))

    def do(self, number: int, task: bytes, timeout: float | None, wanted: Callable[[], bool]) -> Said:
        """Have a task done; see the function of that name."""
        said: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self._waiting[number] = said
        try:
            if self.reason:
                return GONE, self.reason
            self._touched = time.monotonic()
            self._send(("do", number, task, timeout))
            until = None if timeout is None else time.monotonic() + timeout + GRACE
            while True:
                try:
                    return said.get(timeout=_LOOK)
                except queue.Empty:
                    pass
                if not wanted():
                    self._send(("cancel", number))
                    return GONE, "it was cancelled"
                if until is not None and time.monotonic() > until:
                    self.end("it did not keep to a timeout")
                    return LATE, ""
        finally:
            del self._waiting[number]

    def end(self, reason: str) -> None:
        """End it, and all that it has started."""
        self.reason = self.reason or reason
        # its end of the pipe tells it, and then it takes its workers along
        with contextlib.suppress(OSError):
            self._tasks.close()
        threading.Thread(target=self._bury, name="tunetop-burial", daemon=True).start()

    def _bury(self) -> None:
        with contextlib.suppress(Exception):
            self._process.wait(2.0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, 9)
        self._process.wait()
        self._let_go()

    def _send(self, words: Any) -> None:
        # that nobody is there is noticed where it is read from
        with self._sending, contextlib.suppress(OSError, ValueError):
            self._tasks.send(words)

    def _listen(self) -> None:
        reason = ""
        try:
            while True:
                self._take(*self._answers.recv())
        except (EOFError, OSError):
            reason = self._last_words()
        except Exception as error:  # noqa: BLE001 - whatever unpickling raises: it speaks another language
            reason = f"its post cannot be understood: {type(error).__name__}"
        self.end(reason)
        for said in list(self._waiting.values()):
            said.put((GONE, self.reason))
        self._answers.close()

    def _take(self, word: str, *rest: Any) -> None:
        if word == "hello":
            self.kernel = rest[0]
        elif word == "here":
            self._asked = False
        elif (waiting := self._waiting.get(rest[0])) is not None:
            waiting.put((DONE, rest[1]))

    def _last_words(self) -> str:
        try:
            how = warm.cause(self._process.wait(1.0))
        except Exception:  # noqa: BLE001 - it has closed its pipe, and lives
            how = "does not answer"
        with contextlib.suppress(OSError):
            self._errors.seek(0)
            lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
            how = f"{how}: {lines[-1][:300]}" if lines else how
        return f"its post {how}"

    def _watch(self) -> None:
        while not self.reason:
            now = time.monotonic()
            if now - self._touched > (_ABANDONED if self._waiting else LEASE):
                self.end("nobody asked for its post")
            elif self._asked and now - self._heard > SILENCE:
                self.end("its post does not answer")
            time.sleep(1.0)


def _base() -> Path:
    base = Path(tempfile.gettempdir()) / f"tunetop-{os.getuid()}"
    make_private_dir(base)
    found = base.lstat()
    if base.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise OSError(f"{base} is not this user's alone")
    return base


def _has_data(kit: str) -> bool:
    _sweep(kit)
    return (_base() / kit).is_dir()


def _hold(kit: str) -> IO[bytes]:
    """Return an open file whose lock keeps the run's data from being swept; raise OSError where it has been."""
    base = _base()
    with _one_at_a_time(base):
        file = open(base / kit / "hold", "ab")  # noqa: SIM115 - it is held as long as the post lives
        fcntl.flock(file, fcntl.LOCK_SH)
    return file


@contextlib.contextmanager
def _one_at_a_time(base: Path) -> Iterator[None]:
    with open(base / "lock", "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sweep(keep: str = "") -> None:
    """Remove the data of runs that no post holds any more; what is just being received is young."""
    base = _base()
    with _one_at_a_time(base):
        for folder in base.iterdir():
            if folder.name not in (keep, "lock") and folder.is_dir() and _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    try:
        young = time.time() - folder.stat().st_mtime < LEASE
        if young and not (folder / "hold").exists():
            return False
        with open(folder / "hold", "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
