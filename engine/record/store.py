"""The runs folder: create runs, list them, find them, say how each one stands."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

import msgspec

from ..errors import StoreError
from ..events import Count, Seconds, Time
from ..files import (
    NO_ENTRY,
    PRIVATE_DIR,
    FileInTheWay,
    make_private_dir,
    only_plain,
    safe_name,
    sync_directory,
    write_atomically,
)
from ..state import RunPhase, RunState
from ..text import clean, listed
from .run_folder import RunFolder, load_state, started_at

REMOVED = ".removed-"
"""What the name of a folder that is being removed begins with: no run is found under it any more."""

_LARGEST_ENTRY = 1 << 20


class RunNotFound(StoreError):
    """No run has that name; the message says which there are."""


class RunEntry(msgspec.Struct, frozen=True):
    """How a run stands, in one line of a list. Unknown things are None or ""; times in seconds (since the epoch)."""

    id: str
    path: str
    title: str
    preset: str
    phase: RunPhase
    finished_trials: Count
    planned_trials: Count | None
    failed: Count
    best: float | None
    best_method: str
    started_at: Time | None
    seconds: Seconds
    damage: str


class _KeptEntry(msgspec.Struct, frozen=True):
    """The entry of a run that nobody runs, kept in its folder for as long as its journal stays as it was."""

    size: int
    mtime_ns: int
    entry: RunEntry


def default_runs_dir() -> Path:
    """Return where runs are kept: TUNETOP_RUNS_DIR, or else the platform's folder for a user's data."""
    if chosen := os.environ.get("TUNETOP_RUNS_DIR"):
        return Path(os.path.expanduser(chosen))
    import platformdirs

    return platformdirs.user_data_path("tunetop", appauthor=False) / "runs"


class Store:
    """A folder of runs; it is made when the first run is."""

    def __init__(self, root: str | os.PathLike[str] | None = None) -> None:
        self.root = Path(root) if root is not None else default_runs_dir()

    def create(self, preset_name: str, preset_text: str) -> RunFolder:
        """Make the folder of a new run, named after its preset and numbered, with the preset in it.

        The folder is 0700 and the file 0600 whatever the umask. Raises StoreError where one may not write, and
        OSError for any other reason, such as a full disk; nothing is left behind then.
        """
        folder = self.create_watched(preset_name)
        try:
            write_atomically(folder.preset_file, preset_text, force=False)
        except BaseException:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        return folder

    def create_watched(self, name: str) -> RunFolder:
        """Make the folder of a search that another program makes, likewise: there is no preset to put into it."""
        try:
            return RunFolder(self._new_folder(safe_name(name, 56)))
        except OSError as error:
            if error.errno not in NO_ENTRY:
                raise
            raise StoreError(
                f"no run can be kept in {self.root} ({error.strerror}): name another folder with --runs-dir"
            ) from error

    def _new_folder(self, base: str) -> Path:
        make_private_dir(self.root)
        numbered = re.compile(re.escape(base) + r"-(\d{1,6})")
        taken = [int(found[1]) for name in os.listdir(self.root) if (found := numbered.fullmatch(name))]
        number = max(taken, default=0) + 1
        while True:
            path = self.root / f"{base}-{number}"
            try:
                os.mkdir(path, PRIVATE_DIR)
                break
            except FileExistsError:
                number += 1
        os.chmod(path, PRIVATE_DIR)
        # a journal that is safe on the disk is lost all the same if its folder is not
        sync_directory(self.root)
        return path

    def list(self) -> list[RunFolder]:
        """Return all runs, the newest first. Raises FileInTheWay where the runs folder is none."""
        try:
            names = sorted(name for name in os.listdir(self.root) if not name.startswith(REMOVED))
        except FileNotFoundError:
            return []
        except NotADirectoryError:
            raise FileInTheWay(self.root) from None
        folders = [folder for name in names if (folder := RunFolder(self.root / name)).exists()]
        return sorted(folders, key=started_at, reverse=True)

    def find(self, ref: str | None = None) -> RunFolder:
        """Return the run that `ref` names: an id, a path (of the folder or its journal), or an id's unique beginning.

        None is the newest. Raises RunNotFound, with what there is.
        """
        if ref is None:
            if folders := self.list():
                return folders[0]
            raise RunNotFound(f"there are no runs in {self.root} yet: start one with tunetop run PRESET")
        if ref and os.sep not in ref and ref not in (".", "..") and (folder := RunFolder(self.root / ref)).exists():
            return folder
        path = Path(os.path.expanduser(ref))
        path = path.parent if path.name == "journal.jsonl" else path
        if ref and os.path.isfile(path / "journal.jsonl"):
            return RunFolder(path)
        return self._by_prefix(ref)

    def _by_prefix(self, ref: str) -> RunFolder:
        folders = self.list()
        matching = [folder for folder in folders if ref and folder.id.startswith(ref)]
        if len(matching) == 1:
            return matching[0]
        called = f"'{clean(ref, 80)}'"
        what = f"{called} fits several runs" if matching else f"there is no run {called}"
        told = listed([folder.id for folder in matching or folders], 8)
        raise RunNotFound(f"{what} in {self.root}: {'there are ' + told if told else 'it holds no runs'}")


def run_entry(folder: RunFolder) -> RunEntry:
    """Return how a run stands.

    Takes as long as reading the journal (one to two seconds for 100,000 trials). The entry of a run that has ended or
    was interrupted is kept in its folder, and used while nobody runs it and the journal keeps its size and time.
    """
    signature = _signature(folder)
    kept = _kept_entry(folder)
    if kept is not None and signature == (kept.size, kept.mtime_ns) and not folder.is_locked():
        return msgspec.structs.replace(kept.entry, id=folder.id, path=str(folder.path))
    state, damage = load_state(folder)
    entry = _entry(folder, state, damage)
    if state.ended and signature is not None and signature == _signature(folder):
        _keep_entry(folder, _KeptEntry(*signature, entry))
    return entry


def _entry(folder: RunFolder, state: RunState, damage: str) -> RunEntry:
    info, best = state.info, state.best
    return RunEntry(
        id=folder.id,
        path=str(folder.path),
        title=info.title if info else "",
        preset=info.preset if info else "",
        phase=state.phase,
        finished_trials=state.finished_trials,
        planned_trials=state.planned_trials if info else None,
        failed=state.failed_trials,
        best=state.own(best.mean) if best else None,
        best_method=best.method if best else "",
        started_at=state.started_at,
        seconds=state.seconds(time.time()),
        damage=damage,
    )


def _signature(folder: RunFolder) -> tuple[int, int] | None:
    try:
        status = folder.journal.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _kept_entry(folder: RunFolder) -> _KeptEntry | None:
    try:
        with open(folder.path / "entry.json", "rb", opener=only_plain) as file:
            return msgspec.json.decode(file.read(_LARGEST_ENTRY), type=_KeptEntry)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def _keep_entry(folder: RunFolder, kept: _KeptEntry) -> None:
    try:
        if os.stat(folder.path).st_uid == os.geteuid():
            write_atomically(folder.path / "entry.json", msgspec.json.encode(kept), force=True)
    except OSError:
        # only a saving of time: a folder that cannot be written to is read afresh each time
        return
