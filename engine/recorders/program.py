"""Watching a program that nobody changed: it is begun with a hook on PYTHONPATH, and its searches become runs.

The one who begins it learns of each run by a line in a file of its own, which the program's processes append to.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from .settings import announce, announce_to

SITE = Path(__file__).parent / "site"
"""The folder that holds the hook."""


def environment(
    before: Mapping[str, str], told: Path, *, runs_dir: Path | None = None, resume: str = ""
) -> dict[str, str]:
    """Return the environment in which a program is begun, so that its searches are watched; `told` gets the lines."""
    paths = [str(SITE), *([before["PYTHONPATH"]] if before.get("PYTHONPATH") else [])]
    more = {"PYTHONPATH": os.pathsep.join(paths), "TUNETOP_WATCH_TO": str(told)}
    if runs_dir is not None:
        more["TUNETOP_RUNS_DIR"] = str(runs_dir)
    if resume:
        more["TUNETOP_WATCH_RESUME"] = resume
    return {**before, **more}


def begin() -> None:
    """Watch this process from now on to its end, as its environment says."""
    from .watch import Watch

    names = tuple(name for name in os.environ.get("TUNETOP_WATCH_RESUME", "").split(",") if name)
    announce_to(os.environ.get("TUNETOP_WATCH_TO", ""))
    Watch(resume=names, quiet=True).__enter__()
    announce("python", sys.executable)


class Told:
    """Reads the lines of a watched program's processes as they come."""

    def __init__(self, path: Path) -> None:
        self._path, self._position = path, 0
        self.runs: list[Path] = []
        """The folders of the runs that have begun, in order."""
        self.absent = ""
        """A Python of the program's in which tunetop is not installed."""
        self.pythons = 0
        """How many Python processes have been set up for watching."""
        self.problems: list[str] = []
        """What could not be recorded, and why."""

    def poll(self) -> bool:
        """Take in new lines; return True where there is a new run."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._position)
                data = file.read()
        except FileNotFoundError:
            return False
        whole = data[: data.rfind(b"\n") + 1]
        self._position += len(whole)
        before = len(self.runs)
        for line in whole.decode("utf-8", "replace").splitlines():
            kind, _, what = line.partition(" ")
            if kind == "run":
                self.runs.append(Path(what))
            elif kind == "absent":
                self.absent = what
            elif kind == "python":
                self.pythons += 1
            elif kind == "problem":
                self.problems.append(what)
        return len(self.runs) > before
