"""This process's own command line, as `ps` shows it to everybody on the machine."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterable
from pathlib import Path

_ARGUMENTS = slice(47, 49)
"""The fields of `/proc/self/stat` that tell where the arguments begin and end in memory (proc(5): 48, 49)."""


def hide(secrets: Iterable[str]) -> None:
    """Overwrite secrets in the arguments of this process with stars; where that is not Linux, nothing happens."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        # the second field is a name in brackets, in which there may be anything
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        begin, end = (int(field) for field in ["", "", *fields][_ARGUMENTS])
        if Path("/proc/self/cmdline").read_bytes() != ctypes.string_at(begin, end - begin):
            return
        for secret in secrets:
            data, what = ctypes.string_at(begin, end - begin), secret.encode("utf-8", "surrogateescape")
            place = data.find(what)
            while what and place >= 0:
                ctypes.memset(begin + place, ord("*"), len(what))
                place = data.find(what, place + len(what))
