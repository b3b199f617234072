"""Writing files so that nobody else reads them, nothing is half written and no planted link is followed."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from .errors import UsageError

PRIVATE_FILE = 0o600
PRIVATE_DIR = 0o700

NO_ENTRY = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
"""Error numbers of a place where one may not write."""

NO_NAME = frozenset({errno.ENAMETOOLONG, errno.ELOOP})
"""Error numbers of a name that leads to no file and never will."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error numbers of a disk, or a share of one, that is full."""

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{12}\.tmp", re.DOTALL)
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EACCES}


class OutputExists(UsageError, FileExistsError):
    """There is something at the output path already, and it was not said that it may be replaced."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EEXIST, f"{path} exists already; --force replaces it", str(path))

    def __str__(self) -> str:
        return str(self.args[1])


class UnsafePath(UsageError, OSError):
    """What is at a path is a link or a device where only a plain file may be opened."""

    def __init__(self, path: str | os.PathLike[str], number: int = errno.EINVAL) -> None:
        super().__init__(number, "not a plain file, so it is not opened for writing: move it away", str(path))

    def __str__(self) -> str:
        return f"{self.filename} is {self.strerror}"


class FileInTheWay(UsageError, NotADirectoryError):
    """A folder is wanted where there is something else."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.ENOTDIR, "is a file, and a folder is wanted there: name another path", str(path))

    def __str__(self) -> str:
        return f"{self.filename} {self.strerror}"


def make_private_dir(path: str | os.PathLike[str]) -> Path:
    """Make the directory with all its parents, each new one for its owner alone (0700), and return its path.

    Directories that exist are left as they are. Raises FileInTheWay where there is something else.
    """
    path = Path(path)
    if path.is_dir():
        return path
    if path.parent != path:
        make_private_dir(path.parent)
    try:
        os.mkdir(path, PRIVATE_DIR)
    except FileExistsError:
        if not path.is_dir():
            raise FileInTheWay(path) from None
    else:
        # mkdir's mode passes through the umask, which may take the owner's own rights away
        os.chmod(path, PRIVATE_DIR)
    return path


def open_private(path: str | os.PathLike[str], flags: int) -> int:
    """Open a plain file for its owner alone (0600 whatever the umask) and return the descriptor.

    `flags` are those of `os.open`; links are not followed, children do not inherit it. Raises UnsafePath for a
    symbolic link, a directory, a FIFO or a device, and OSError as `os.open` does.
    """
    try:
        # O_NONBLOCK: a FIFO in the file's place must be found out, not waited for
        fd = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, PRIVATE_FILE)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise UnsafePath(path, error.errno) from error
        raise
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise UnsafePath(path)
        if stat.S_IMODE(status.st_mode) != PRIVATE_FILE and status.st_uid == os.geteuid():
            os.fchmod(fd, PRIVATE_FILE)
    except BaseException:
        os.close(fd)
        raise
    return fd


def only_plain(path: str, flags: int) -> int:
    """Open what is read, as `opener` of the built-in `open`: a plain file, be it through a link.

    Anything else, such as a FIFO or a device, would be waited for or read for ever: OSError.
    """
    fd = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a plain file", path)
    return fd


def write_atomically(path: str | os.PathLike[str], data: str | bytes, *, force: bool) -> Path:
    """Write a whole file, or nothing: a private temporary file in the same folder, synced, then put in its place.

    Text is encoded as UTF-8 (lone surrogates escaped). The folder is made (0700) where it is missing. Whatever is at
    `path` is replaced under `force`, a symbolic link itself rather than what it points to; otherwise OutputExists is
    raised. Returns the path.
    """
    path = Path(path)
    make_private_dir(path.parent)
    _place(_written(path, data), path, force=force)
    sync_directory(path.parent)
    return path


def write_all(folder: Path, made: Mapping[str, str | bytes], *, force: bool) -> list[Path]:
    """Write files by name into a folder, all of them or none, be it that there is no more room on the disk.

    Raises OutputExists where one is there already and `force` is not given.
    """
    folder = make_private_dir(folder)
    for name in made if not force else ():
        if os.path.lexists(folder / name):
            raise OutputExists(folder / name)
    waiting: dict[Path, Path] = {}
    try:
        for name, content in made.items():
            waiting[folder / name] = _written(folder / name, content)
        for path in list(waiting):
            _place(waiting.pop(path), path, force=force)
    finally:
        for temporary in waiting.values():
            temporary.unlink(missing_ok=True)
    sync_directory(folder)
    return [folder / name for name in made]


def _written(path: Path, data: str | bytes) -> Path:
    """Return a new file beside `path`, synced, with what is to stand there; an OSError names `path`."""
    content = data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data
    temporary = path.with_name(f".{path.name[:100]}.{os.urandom(6).hex()}.tmp")
    try:
        fd = open_private(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        error.filename = str(path)
        raise
    return temporary


def _place(temporary: Path, path: Path, *, force: bool) -> None:
    try:
        if force:
            os.replace(temporary, path)
        else:
            _place_new(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what processes that were killed left half written; only for whoever may write into the folder, alone."""
    for name in os.listdir(folder):
        if _TEMPORARY.fullmatch(name):
            with contextlib.suppress(OSError):
                os.unlink(folder / name)


def sync_directory(path: str | os.PathLike[str]) -> None:
    """Make a directory's entries durable, where its file system can."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF, errno.ENOTSUP):
            raise
    finally:
        os.close(fd)


def safe_name(text: str, limit: int = 64) -> str:
    """Return a name for files and folders made from `text`, matching `engine.text.NAME`.

    Accents are dropped, anything else that a name may not hold becomes a hyphen, and what is left of nothing is
    "unnamed". At most `limit` (1 to 64) characters.
    """
    plain = unicodedata.normalize("NFKD", text[: 4 * limit]).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).lstrip("._-")[:limit].rstrip("._-")
    return name or "unnamed"[:limit]


def _place_new(temporary: Path, path: Path) -> None:
    try:
        # link, unlike rename, refuses a name that appeared since the check
        os.link(temporary, path, follow_symlinks=False)
    except FileExistsError:
        raise OutputExists(path) from None
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(path):
            raise OutputExists(path) from None
        os.rename(temporary, path)
