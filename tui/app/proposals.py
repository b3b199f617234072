"""What a person asks of another program's search: a point to try, and the end of a trial that is dead.

The storage takes it, not the search: it sees a point when it asks for its next trial.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...engine.errors import told
from ...engine.events import Axis, Point
from ...engine.state import TrialState
from ...engine.text import clean

if TYPE_CHECKING:
    from ...engine.space.space import Space
    from ..sessions.base import Session
    from .desk import Desk


def space_of(axes: Sequence[Axis]) -> Space:
    """Return the space of the axes as far as they are known; those without ends are left out."""
    from ...engine.space.space import Choice, Dimension, Space

    dimensions: list[Dimension] = []
    for axis in axes:
        if axis.scale == "choice":
            choices = tuple(Choice(label, {axis.name: label}) for label in axis.labels)
            dimensions.append(Dimension(axis.name, "choice", choices=choices))
        elif axis.low is not None and axis.high is not None:
            dimensions.append(Dimension(axis.name, axis.scale, axis.low, axis.high, axis.integer))
    return Space(tuple(dimensions))


def ask_for_point(desk: Desk, session: Session, trial: TrialState | None, values: Point | None = None) -> None:
    """Ask for a point, filled in as a trial, or else as the best one, and put it into the study's queue."""
    from ..screens.by_hand import ByHandScreen

    info = session.state.info
    space = space_of(info.axes if info is not None else ())
    if not space.dimensions:
        desk.say("No trial has named its hyperparameters yet.")
        return
    trial = trial or session.state.best
    known = values if values is not None else trial.params if trial is not None else {}
    source = f"{clean(trial.method, 40)} #{trial.number}" if trial is not None and values is None else ""
    filled = {
        one.name: known[one.name] if one.name in known and not one.problem_with(known[one.name]) else one.from_unit(0.5)
        for one in space.dimensions
    }

    def answered(point: Point | None) -> None:
        writer = session.writer
        if point is not None and writer is not None:
            words = clean(", ".join(f"{name} {value}" for name, value in point.items()), 200)
            desk.background.start(
                lambda: writer.enqueue(point),
                lambda _: desk.say(f"In the queue, for the next trial: {words}."),
                lambda error: desk.say(f"Not put into the queue: {told(error)}", "error"),
                "enqueue",
            )

    outcome = "it goes into the study's queue: whichever process asks for a trial next takes it"
    desk.ask(ByHandScreen(desk, session.state, space, filled, source, outcome=outcome), answered)


def ask_to_fail(desk: Desk, session: Session, trial: TrialState) -> None:
    """Ask whether a running trial that nobody seems to be at work on is to be ended as failed."""
    writer, number = session.writer, trial.number
    if writer is None:
        desk.say(session.refusal("steer"))
    elif trial.phase != "running":
        desk.say("This trial is through." if trial.through else "This trial only waits: no process is at work on it.")
    else:
        from ..screens.confirm import ConfirmScreen

        def answered(yes: bool | None) -> None:
            if yes:
                desk.background.start(
                    lambda: writer.fail(number),
                    lambda _: desk.say(f"Trial {number} is marked as failed."),
                    lambda error: desk.say(f"Not marked as failed: {told(error)}", "error"),
                    "fail",
                )

        seems = "It is silent" if trial.silent else "It was heard of not long ago and may well be alive"
        explained = f"{seems}. If its process still works on it, what it finds is lost: its study takes no value then."
        title = f"Mark trial {number} as failed?"
        desk.ask(ConfirmScreen(desk, title, explained, "Yes, mark it as failed"), answered)
