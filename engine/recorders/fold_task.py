"""One fold of a watched search, in whatever process: it says when it begins and how it ended, and changes nothing.

Whatever goes wrong in the telling is swallowed: a full disk, a missing folder or a fault of ours must never turn a fit
into a failure. This module is imported by the workers of other people's searches, so it imports next to nothing.
"""

from __future__ import annotations

import contextlib
import numbers
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from . import spool

STOPPED = "Stopped: tunetop was asked to end this search, and this fit was not begun."
"""What stands in `fit_error` of a fold that a stopped search did not fit."""

_LONGEST_ERROR = 20_000
_LOOK = 0.05


_here = threading.local()


def inside() -> str:
    """Return the run of which this thread fits a fold, "" where it does not."""
    return getattr(_here, "inside", "")


class Ticket(NamedTuple):
    """Whose fold a task is: the folder of folds, the process that records it, and its trial, fold and key."""

    folder: str
    owner: int
    number: int
    fold: int
    key: str = ""
    settings: Any = None
    """What searches inside this fold are to be watched with, in a process that nobody has set up for it."""
    known: dict[str, Any] | None = None
    """The result that was recorded before, if it was: nothing is fitted then."""


class FoldTask:
    """Takes the place of `_fit_and_score` for one fold. Pickled by reference to this class."""

    __slots__ = ("_function", "_ticket")

    def __init__(self, function: Callable[..., Any], ticket: Ticket) -> None:
        self._function, self._ticket = function, ticket

    def __reduce__(self) -> tuple[Any, ...]:
        # thousands are sent: in plain parts, they take half the time that a class of parts does
        return _task, (self._function, *self._ticket)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Fit and score as scikit-learn would, and return its result."""
        ticket = self._ticket
        if ticket.known is not None:
            _say(ticket, "end", ticket.known, reused=True)
            return dict(ticket.known)
        if _may_not_begin(ticket):
            _say(ticket, "left")
            return left_out(kwargs)
        _say(ticket, "begin")
        around, _here.inside = inside(), os.path.basename(os.path.dirname(ticket.folder))
        try:
            with _inner_searches(ticket):
                result = self._function(*args, **kwargs)
        except BaseException as error:
            _say(ticket, "raised", {"fit_error": _text_of(error)})
            raise
        finally:
            _here.inside = around
        _say(ticket, "end", result)
        return result


def _task(function: Callable[..., Any], *parts: Any) -> FoldTask:
    return FoldTask(function, Ticket(*parts))


def _say(ticket: Ticket, kind: Any, result: Mapping[str, Any] | None = None, *, reused: bool = False) -> None:
    try:
        # in plain numbers, texts and dictionaries, without the estimator
        plain = {name: _plain(value) for name, value in result.items() if name in _KEPT} if result is not None else None
        said = spool.Said(kind, ticket.number, ticket.fold, time.time(), ticket.key, plain, reused)
        spool.say(ticket.folder, said)
    except Exception:  # noqa: BLE001 - see the module: nothing that we do may change the result
        return


def _text_of(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error))[-_LONGEST_ERROR:]


_KEPT = ("test_scores", "train_scores", "n_test_samples", "fit_time", "score_time", "fit_error")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value if not isinstance(value, str) else value[-_LONGEST_ERROR:]
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, int):
        return int(value)
    return float(value)


def _may_not_begin(ticket: Ticket) -> bool:
    """Wait while the search is paused; tell whether it was stopped, and this fold is not to be fitted.

    A stopped search that has no score yet finishes one trial. Should that one fail, the next is to be there still:
    later trials wait for its end, and cannot be in its way, since folds are handed out in the order of trials.
    """
    try:
        while (asked := spool.hold(ticket.folder)) is not None:
            if asked.what == "stop" and (asked.only is None or asked.only >= ticket.number):
                return asked.only != ticket.number
            if os.getpid() != ticket.owner and not _lives(ticket.owner):
                # who would lift the pause is gone, and with it whoever waits for this result
                return True
            time.sleep(_LOOK)
    except Exception:  # noqa: BLE001 - as above
        return False
    return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _inner_searches(ticket: Ticket) -> contextlib.AbstractContextManager[Any]:
    """Watch the searches that are made inside this fold, where this process is not set up for that yet."""
    if ticket.settings is None or os.getpid() == ticket.owner:
        return contextlib.nullcontext()
    try:
        return ticket.settings.enter(ticket.settings)
    except Exception:  # noqa: BLE001 - as above
        return contextlib.nullcontext()


def left_out(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of a fold that is not fitted: NaN for each metric, and why."""
    names = getattr(kwargs.get("scorer"), "_scorers", None)
    if isinstance(kwargs.get("scorer"), Mapping):
        names = kwargs["scorer"]

    def scores() -> Any:
        return {name: float("nan") for name in names} if isinstance(names, Mapping) else float("nan")

    result: dict[str, Any] = {"fit_error": STOPPED, "test_scores": scores()}
    if kwargs.get("return_train_score"):
        result["train_scores"] = scores()
    if kwargs.get("return_n_test_samples"):
        result["n_test_samples"] = len(kwargs["test"])
    if kwargs.get("return_times"):
        result |= {"fit_time": 0.0, "score_time": 0.0}
    if kwargs.get("return_parameters"):
        result["parameters"] = kwargs.get("parameters")
    if kwargs.get("return_estimator"):
        result["estimator"] = None
    return result


def is_number(value: object) -> bool:
    """Tell whether a score is one number."""
    return isinstance(value, numbers.Number)
