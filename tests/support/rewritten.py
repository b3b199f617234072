"""Test files with their assertions rewritten, kept once for all test processes that run side by side.

Where Python is told to keep nothing compiled, pytest rewrites each file in each process: three seconds of each. It
takes what lies in its place, and looks whether that is of the very text, so nothing here can be stale.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from _pytest.assertion import rewrite


def keep_rewritten(config: pytest.Config, files: Iterable[Path]) -> None:
    """Rewrite what is not kept already, on two cores."""
    missing = [(file, kept) for file in files if rewrite._read_pyc(file, kept := _place(file)) is None]
    other = os.fork() if len(missing) > 1 else None
    try:
        for file, kept in missing if other is None else missing[other == 0 :: 2]:
            source, code = rewrite._rewrite_test(file, config)
            kept.parent.mkdir(exist_ok=True)
            rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, source, kept)
    finally:
        if other == 0:
            os._exit(0)
    if other is not None:
        os.waitpid(other, 0)


def _place(file: Path) -> Path:
    return rewrite.get_cache_dir(file) / (file.name[:-3] + rewrite.PYC_TAIL)
