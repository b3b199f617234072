"""Run by Python at its start in a program that `tunetop watch -- …` begins: has its searches watched.

It takes the place of whatever `sitecustomize` there is besides, which is run first, and leaves nothing on the path.
"""

from __future__ import annotations

import contextlib
import os
import sys


def _run_the_other() -> None:
    """Run the `sitecustomize` that Python would have found without this one."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != here]
    ours = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401 - the next one on the path
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        if ours is not None:
            sys.modules.setdefault("sitecustomize", ours)


def _watch() -> None:
    to = os.environ.get("TUNETOP_WATCH_TO", "")
    try:
        # by its full name: this file is run from a path, and is no part of the package then
        from tunetop.engine.recorders.program import begin
    except Exception as error:  # noqa: BLE001 - a program is begun as ever, whatever keeps it from being watched
        # the program's Python may be another one, where tunetop is not installed, or one that is too old for it, or
        # lacks what it stands on: whoever watches is told
        absent = isinstance(error, ImportError) and (error.name or "tunetop").partition(".")[0] == "tunetop"
        kind = "absent" if absent else "problem"
        why = "" if absent else f" {sys.version.split()[0]} cannot be watched: {type(error).__name__}: {error}"
        if to:
            with open(to, "a", encoding="utf-8", errors="replace") as file:
                file.write(" ".join(f"{kind} {sys.executable}{why}".split()) + "\n")
        return
    begin()


try:
    _run_the_other()
finally:
    # a program is begun as ever, whatever becomes of the watching
    with contextlib.suppress(Exception):
        _watch()
