"""The processes of a run, looked at while they come and go."""

from __future__ import annotations

import psutil


def lives(process: psutil.Process) -> bool:
    """Return whether a process still runs; one that ends between two looks does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
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


def _is_fork_server(process: psutil.Process) -> bool:
    try:
        return lives(process) and any("fork_server" in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False
