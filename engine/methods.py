"""The search methods of a run: begun in turn or together, each ended with the refit of its winner."""

from __future__ import annotations

import logging
from collections.abc import Callable

from .dispatch import Dispatcher
from .events import AnyEvent, MethodFinished, MethodOutcome, MethodStarted
from .lane import Lane, Proposals
from .state import RunState
from .task import RefitResult
from .text import clean
from .trials import Trials
from .workers.base import Answer, Lost


class Methods:
    """The lanes of a run; used by the conductor's thread alone.

    `record` writes an event down; `post` hands a search's proposals to the conductor, from the search's own thread.
    """

    def __init__(
        self,
        lanes: list[Lane],
        state: RunState,
        dispatcher: Dispatcher,
        *,
        together: bool,
        record: Callable[[AnyEvent], None],
        post: Callable[[Proposals], None],
        log: logging.Logger,
    ) -> None:
        self._lanes, self._state, self._dispatcher, self._together = lanes, state, dispatcher, together
        self._record, self._post, self._log = record, post, log

    @property
    def through(self) -> bool:
        """True once every method has ended."""
        return all(lane.closed for lane in self._lanes)

    @property
    def broken(self) -> list[str]:
        """The methods that broke down, each with its reason."""
        return [f"{lane.name}: {lane.error}" for lane in self._lanes if lane.error]

    def begin(self) -> None:
        """Begin the methods whose turn it is: all, or the first and whichever follow drained ones."""
        for lane in self._lanes:
            if not lane.begun and not lane.closed:
                if self._state.methods[lane.name].phase != "running":
                    self._record(MethodStarted(method=lane.name))
                lane.begin(self._post)
            if not self._together and not lane.closed and not lane.drained:
                return

    def take_proposals(self, proposals: Proposals, trials: Trials) -> None:
        """Make trials of what a search proposes."""
        lane = proposals.lane
        if lane.closed:
            return
        lane.take(proposals)
        if proposals.error is not None:
            lane.error = clean(f"{type(proposals.error).__name__}: {proposals.error}")
            self._log.error("%s broke down", lane.name, exc_info=proposals.error)
        if not lane.skipped:
            for point in proposals.points:
                trials.open(lane, point)
        self.progress(lane)

    def progress(self, lane: Lane) -> None:
        """Do what follows from news of a method: ask on, refit the winner, begin the next method."""
        if lane.closed:
            return
        lane.advance()
        if lane.complete and lane.winner is None:
            self._close(lane, MethodFinished(method=lane.name, state=_ending(lane), error=lane.error))
        elif lane.complete and not lane.refitting:
            lane.refitting = True
            self._dispatcher.add_refit(lane)
        if lane.ended:
            self.begin()

    def skip(self, method: str, trials: Trials) -> None:
        """End a method early: its started trials finish, then its winner so far is refitted and tested."""
        for lane in self._lanes:
            if lane.name == method and lane.begun and not lane.closed and not lane.skipped:
                lane.skipped = lane.ended = True
                for trial in [trial for trial in lane.open.values() if not trial.started]:
                    trials.give_up(trial)
                self.progress(lane)

    def take_refit(self, lane: Lane, answer: Answer) -> None:
        """Close a method with what came of its winner's refit."""
        if isinstance(answer, Lost) and answer.idle:
            self._dispatcher.add_refit(lane)
            return
        winner = lane.winner
        assert winner is not None
        if isinstance(answer, RefitResult) and not answer.error:
            event = MethodFinished(
                method=lane.name,
                state=_ending(lane),
                best=winner.number,
                test_score=answer.score,
                test_predictions=list(answer.predictions),
                refit_seconds=answer.fit_seconds,
                error=lane.error,
            )
        else:
            reason = answer.reason if isinstance(answer, Lost) else getattr(answer, "error", "no answer")
            lane.error = f"the winner could not be refitted: {reason}"
            event = MethodFinished(method=lane.name, state="failed", best=winner.number, error=lane.error)
        self._close(lane, event)

    def close(self) -> None:
        """End the searches' threads."""
        for lane in self._lanes:
            lane.close()

    def _close(self, lane: Lane, event: MethodFinished) -> None:
        self._record(event)
        lane.close()
        self.begin()


def _ending(lane: Lane) -> MethodOutcome:
    return "failed" if lane.error else "skipped" if lane.skipped else "done"
