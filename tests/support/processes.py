"""The processes of a run, looked at while they come and go."""

from __future__ import annotations

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


def workers_of(pid: int) -> list[psutil.Process]:
    """Return the pool's workers below a process: those of its descendants that have mapped the data."""
    return [child for child in psutil.Process(pid).children(recursive=True) if _maps_the_data(child)]


def _maps_the_data(process: psutil.Process) -> bool:
    try:
        return lives(process) and any(mapped.path.endswith("/data.bin") for mapped in process.memory_maps(grouped=True))
    except psutil.NoSuchProcess:
        return False


def fork_servers_of(pid: int) -> list[psutil.Process]:
    """Return the processes below another one that make its workers: one, unless it has just been replaced."""
    return [child for child in psutil.Process(pid).children() if _is_fork_server(child)]


def makers_of(pid: int) -> list[psutil.Process]:
    """Return the processes anywhere below another one that make workers: fork servers, and posts with theirs."""
    below = psutil.Process(pid).children(recursive=True)
    return [child for child in below if _is_maker(child)]


def _is_maker(process: psutil.Process) -> bool:
    """Tell whether it is a fork server, not a fork of one, or a post."""
    try:
        words = process.cmdline() if lives(process) else []
        return any("workers.post" in word for word in words) or (
            any("fork_server" in word for word in words) and "fork_server" not in " ".join(process.parent().cmdline())
        )
    except psutil.NoSuchProcess:
        return False


def _is_fork_server(process: psutil.Process) -> bool:
    try:
        return lives(process) and any("fork_server" in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False


def posts_below(pid: int) -> list[psutil.Process]:
    """Return the posts below a process, and all that they have started."""
    posts = [child for child in psutil.Process(pid).children() if _is_post(child)]
    return [*posts, *(child for post in posts for child in _children(post))]


def far_below(pid: int) -> list[psutil.Process]:
    """Return what was begun on a cluster whose processes are all below one: posts, and all that they have started."""
    below = psutil.Process(pid).children(recursive=True)
    posts = [child for child in below if _is_post(child)]
    return [*posts, *(child for post in posts for child in _children(post))]


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _is_post(process: psutil.Process) -> bool:
    try:
        return lives(process) and any("workers.post" in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False
