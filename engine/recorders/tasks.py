"""The folds that a search hands to `Parallel` at once; a stopped search hands over no more, and fills in the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from .fold_task import left_out


class Recording(Protocol):
    """A search that gives each of its folds a task that records itself."""

    @property
    def leaves_out_the_rest(self) -> bool:
        """True once no further fold is to be fitted."""
        ...

    def recorded(self, task: Any) -> Any:
        """Return the task to hand over in place of one of scikit-learn's."""
        ...


class Tasks:
    """Yields the tasks of one call. Those that are left out cost no worker's time, nor the sending of data to one.

    `cut` is False where results come one by one, which nothing can be filled in between.
    """

    def __init__(self, search: Recording, tasks: Iterable[Any], *, cut: bool) -> None:
        self._search, self._tasks, self._cut = search, tasks, cut
        self._left: dict[int, dict[str, Any]] = {}

    def __iter__(self) -> Iterator[Any]:
        for place, task in enumerate(self._tasks):
            if self._cut and self._search.leaves_out_the_rest and _is_fold(task):
                self._left[place] = left_out(task[2])
            else:
                yield self._search.recorded(task)

    def filled(self, results: Any) -> Any:
        """Return the results of all tasks, in their order."""
        if not self._left:
            return results
        had = iter(results)
        return [
            self._left[place] if place in self._left else next(had) for place in range(len(results) + len(self._left))
        ]


def _is_fold(task: Any) -> bool:
    """Tell whether a task is one of scikit-learn's own, whose result is known how to make."""
    function = getattr(task[0], "function", None) if isinstance(task, tuple) and len(task) == 3 else None
    return getattr(function, "__name__", "") == "_fit_and_score"
