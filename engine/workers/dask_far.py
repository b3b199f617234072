"""The work of Dask's workers for a run: as `far` has it, and given up as soon as their scheduler gives it up."""

from __future__ import annotations

from . import far


def do(kit: str, number: int, task: bytes, timeout: float | None) -> far.Said:
    """Have this worker's post do a task, in one of its threads."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        # Dask cannot end what runs, and only notes that nobody wants it
        state = worker.state.tasks.get(key)
        return state is not None and state.state == "executing"

    return far.do(kit, number, task, timeout, wanted)
