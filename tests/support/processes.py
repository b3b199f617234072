"""The processes of a run, looked at while they come and go.

Of one process's: to ask each process of the machine for its parent, and each for its memory page by page, took a tenth
of a second a look, which is taken again and again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import psutil


def lives(process: psutil.Process) -> bool:
    """Return whether a process still runs; one that ends between two looks does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def alive(pid: int) -> bool:
    """Return whether the process of a number still runs."""
    try:
        return lives(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def children_of(pid: int) -> list[psutil.Process]:
    """Return a process's children, those of all its threads; none of one that has ended."""
    found: list[psutil.Process] = []
    with contextlib.suppress(FileNotFoundError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                for number in Path(f"/proc/{pid}/task/{thread}/children").read_text().split():
                    with contextlib.suppress(psutil.NoSuchProcess):
                        found.append(psutil.Process(int(number)))
    return found


def below(pid: int) -> list[psutil.Process]:
    """Return all that lives below a process."""
    return [one for child in children_of(pid) for one in (child, *below(child.pid))]


def workers_of(pid: int) -> list[psutil.Process]:
    """Return the pool's workers below a process: those of its descendants that have mapped the data."""
    return [child for child in below(pid) if _maps_the_data(child)]


def _maps_the_data(process: psutil.Process) -> bool:
    try:
        return "/data.bin\n" in Path(f"/proc/{process.pid}/maps").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def makers_of(pid: int) -> list[psutil.Process]:
    """Return the processes anywhere below another one that make workers: fork servers, and posts with theirs."""
    return [child for child in below(pid) if _is_maker(child)]


def _is_maker(process: psutil.Process) -> bool:
    """Tell whether it is a fork server, not a fork of one, or a post."""
    try:
        words = _words(process) if lives(process) else []
        return any("workers.post" in word for word in words) or (
            any("fork_server" in word for word in words) and "fork_server" not in " ".join(_words(process.parent()))
        )
    except psutil.NoSuchProcess:
        return False


def _words(process: psutil.Process | None) -> list[str]:
    """Return what a process was begun with, and its name, which those from `warm_dask` have alone."""
    return [] if process is None else [*process.cmdline(), process.name()]


def posts_below(pid: int) -> list[psutil.Process]:
    """Return the posts below a process, and all that they have started."""
    return _with_theirs(child for child in children_of(pid) if _is_post(child))


def far_below(pid: int) -> list[psutil.Process]:
    """Return what was begun on a cluster whose processes are all below one: posts, and all that they have started."""
    return _with_theirs(child for child in below(pid) if _is_post(child))


def _with_theirs(posts: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return posts, and all that they have started."""
    return [one for post in posts for one in (post, *below(post.pid))]


def _is_post(process: psutil.Process) -> bool:
    try:
        return lives(process) and any("workers.post" in word for word in _words(process))
    except psutil.NoSuchProcess:
        return False
