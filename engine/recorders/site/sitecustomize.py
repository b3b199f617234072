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
    except ImportError:
        # the program's Python may be another one, where tunetop is not installed: whoever watches is told
        if to:
            with open(to, "a", encoding="utf-8") as file:
                file.write(f"absent {sys.executable}\n")
        return
    begin()


try:
    _run_the_other()
finally:
    # a program is begun as ever, whatever becomes of the watching
    with contextlib.suppress(Exception):
        _watch()
