"""One process a run: a lock that the kernel drops with the process, and that looking at never disturbs."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import time
import weakref
from pathlib import Path
from types import TracebackType

import msgspec

from ..errors import StoreError
from ..events import Count, Time
from ..files import NO_ENTRY, NO_ROOM, open_private

_PATIENCE = 0.5
_STEP = 0.01
_SIZE = 2048
_LONGEST_TROUBLE = 200
_HELD = (errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN)

_held: weakref.WeakSet[RunLock] = weakref.WeakSet()


class RunLocked(StoreError):
    """Another process is running this run; `owner` says which, as far as it is known."""

    def __init__(self, message: str, owner: LockOwner | None = None) -> None:
        super().__init__(message)
        self.owner = owner


class LockOwner(msgspec.Struct, frozen=True):
    """Who holds, or last held, a lock: for messages. `started` is in seconds since the epoch."""

    host: str
    pid: Count
    started: Time
    birth: str = ""
    """The process's start as its kernel counts it, to tell it from a later process of the same number."""
    trouble: str = ""
    """What keeps the process from going on just now, such as a full disk, for whoever looks on; empty: nothing."""


class RunLock:
    """A run's lock, held from its making to `close` or to the end of the process, however that ends.

    It is a `flock`: never stolen for its age. Children do not keep it, be they spawned or forked.
    """

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self._fd = fd
        _held.add(self)

    def tell_trouble(self, trouble: str) -> None:
        """Let whoever looks at the lock know what keeps its holder from going on; empty: nothing any more."""
        with contextlib.suppress(OSError):
            if self._fd >= 0:
                _write_owner(self._fd, trouble)

    def close(self) -> None:
        """Give the lock back. Closing twice is harmless."""
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        try:
            with contextlib.suppress(OSError):
                os.ftruncate(fd, 0)
            # said aloud: closing alone would leave it to a forked child that still has the descriptor
            fcntl.flock(fd, fcntl.LOCK_UN)
        finally:
            os.close(fd)

    def _forget(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> RunLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _forget_in_child() -> None:
    for lock in list(_held):
        lock._forget()


os.register_at_fork(after_in_child=_forget_in_child)


def acquire(path: Path, *, patience: float = _PATIENCE) -> RunLock:
    """Take the lock at `path` and write this process's name into it.

    A reader that is just looking holds it for microseconds, so a refusal is believed only after `patience` seconds of
    pauses: while this process stands still, nobody lets go.
    Raises RunLocked naming host and pid, or StoreError where the file system has no locks or one may not write.
    """
    waited = 0.0
    while True:
        fd = _opened(path)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(fd, path):
                _write_owner(fd)
                return RunLock(path, fd)
        except OSError as error:
            if error.errno not in _HELD:
                os.close(fd)
                raise StoreError(
                    f"{path} cannot be locked ({error.strerror}): put the runs on another file system with --runs-dir"
                ) from error
            if waited >= patience:
                owner = _read_owner(fd)
                os.close(fd)
                raise RunLocked(_refusal(path, owner), owner) from None
        os.close(fd)
        time.sleep(_STEP)
        waited += _STEP


def is_held(path: Path) -> bool:
    """Tell whether some process holds the lock at `path`; a shared look, which a starting writer waits out.

    Where the file system cannot tell, the process named in the file decides: if it lived on this host, by whether it
    still lives; on another host it is taken to live.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN):
            return True
        return _seems_alive(_read_owner(fd))
    else:
        fcntl.flock(fd, fcntl.LOCK_UN)
        return False
    finally:
        os.close(fd)


def owner_of(path: Path) -> LockOwner | None:
    """Return who the file at `path` names, which is the holder only while the lock is held."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return _read_owner(fd)
    finally:
        os.close(fd)


def _opened(path: Path) -> int:
    try:
        return open_private(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        if error.errno not in NO_ENTRY:
            raise
        raise StoreError(
            f"{path} cannot be written to ({error.strerror}): copy {path.parent.name} to where you may write, "
            "and name the copy"
        ) from error


def _is_at(fd: int, path: Path) -> bool:
    """Tell whether the locked file is still the one at `path`, and was not deleted or replaced meanwhile."""
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    here = os.fstat(fd)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _write_owner(fd: int, trouble: str = "") -> None:
    owner = LockOwner(socket.gethostname(), os.getpid(), round(time.time(), 3), _birth(os.getpid()))
    before = _read_owner(fd)
    if before is not None and (before.pid, before.birth) == (owner.pid, owner.birth):
        owner = before
    owner = msgspec.structs.replace(owner, trouble=trouble[:_LONGEST_TROUBLE])
    try:
        # always of one size and written in place: what is said of a full disk must find room there
        os.pwrite(fd, msgspec.json.encode(owner).ljust(_SIZE - 1) + b"\n", 0)
        os.ftruncate(fd, _SIZE)
    except OSError as error:
        # the lock is what counts, and holds on a full disk too; without a name a refusal is merely less helpful
        if error.errno not in NO_ROOM:
            raise


def _read_owner(fd: int) -> LockOwner | None:
    try:
        return msgspec.json.decode(os.pread(fd, 4096, 0), type=LockOwner)
    except (msgspec.MsgspecError, OSError, ValueError):
        return None


def _refusal(path: Path, owner: LockOwner | None) -> str:
    if owner is None:
        return f"{path.parent.name} is being run by another process"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(owner.started))
    return f"{path.parent.name} is being run by process {owner.pid} on {owner.host} since {since}"


def _birth(pid: int) -> str:
    try:
        # field 22, counted after the command's name, which may hold anything in its brackets
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _seems_alive(owner: LockOwner | None) -> bool:
    if owner is None:
        return False
    if owner.host != socket.gethostname():
        return True
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return not owner.birth or _birth(owner.pid) in ("", owner.birth)
