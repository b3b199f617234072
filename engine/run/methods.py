"""The search methods of a run: begun in turn or together, each ended with the refit of its winner."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from ..errors import UsageError
from ..events import MANUAL, AnyEvent, MethodExtended, MethodFinished, MethodOutcome, MethodStarted, Point, TrialAdded
from ..problem.preset import Preset
from ..record.predictions import pack
from ..state import RunState
from ..text import clean
from ..workers.base import Answer, Lost
from ..workers.task import RefitResult
from . import by_hand, extend
from .dispatch import Dispatcher
from .method_run import MethodRun, OpenTrial, Proposals
from .trials import MOST_DEATHS, Trials, opened_again


class Methods:
    """The lanes of a run; used by the conductor's thread alone.

    `lane_of` makes the lane of a method that has something left to do, as the state has it; `record` writes an event
    down; `post` hands a search's proposals to the conductor, from the search's own thread.
    """

    def __init__(
        self,
        lane_of: Callable[[str], MethodRun],
        preset: Preset,
        state: RunState,
        dispatcher: Dispatcher,
        *,
        together: bool,
        record: Callable[[AnyEvent], None],
        post: Callable[[Proposals], None],
        log: logging.Logger,
    ) -> None:
        self._lane_of, self._preset, self._state = lane_of, preset, state
        self._dispatcher, self._together = dispatcher, together
        self._record, self._post, self._log = record, post, log
        self._lanes = [lane_of(m.name) for m in state.methods.values() if m.phase in ("waiting", "running")]

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
        # a person who adds a trial waits for it
        for lane in sorted(self._lanes, key=lambda lane: lane.plan.kind != MANUAL):
            if not lane.begun and not lane.closed:
                if self._state.methods[lane.name].phase != "running":
                    self._record(MethodStarted(method=lane.name))
                lane.begin(self._post)
            if lane.plan.kind == MANUAL:
                continue
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
            trials.open(lane, proposals.points)
        if lane.race is not None and (lane.waits or lane.ended):
            lane.race.seal()
        trials.race(lane)
        self.progress(lane)

    def progress(self, lane: MethodRun) -> None:
        """Do what follows from news of a method: ask on, refit the winner, begin the next method."""
        if lane.closed:
            return
        lane.advance()
        if not lane.complete or (lane.plan.kind == MANUAL and not self._others_closed(lane)):
            pass  # more may be added by hand while the run goes on, and the winner is tested once
        elif lane.refitting is None:
            self._refit_winner(lane)
        if lane.ended:
            self.begin()

    def _refit_winner(self, lane: MethodRun) -> None:
        best = self._state.methods[lane.name].best
        if best is None:
            self._close(
                lane, MethodFinished(method=lane.name, state=_ending(lane), error=lane.error, reason=lane.reason)
            )
            return
        winner = opened_again(lane, best, self._preset)
        lane.begin_refit(winner)
        self._dispatcher.add_refit(winner)

    def skip(self, method: str, trials: Trials) -> None:
        """End a method early: its started trials finish, then its winner so far is refitted and tested."""
        for lane in self._lanes:
            if lane.name == method and lane.begun and not lane.closed and not lane.skipped:
                lane.skip()
                for trial in [trial for trial in lane.open.values() if not trial.started]:
                    trials.give_up(trial)
                if lane.race is not None:
                    lane.race.seal()
                    trials.race(lane)
                self.progress(lane)

    def look_at_the_clock(self, trials: Trials) -> None:
        """End methods whose time is over."""
        for lane in self._lanes:
            if lane.stop is None or not lane.begun or lane.ended:
                continue
            if reason := lane.stop.at(time.monotonic() - lane.begun_at):
                lane.reason = reason
                self.skip(lane.name, trials)

    def extend(self, method: str, more: int, *, stopping: bool = False) -> None:
        """Give a method more trials; one that is through begins again. What cannot be is told in the log.

        While the run is `stopping` that is only written down, for when it is resumed.
        """
        known = self._state.methods.get(method)
        lane = next((lane for lane in self._lanes if lane.name == method), None)
        try:
            if known is None:
                raise UsageError(f"there is no method {method!r} in this run")
            if lane is not None and lane.reason and not lane.closed:
                raise UsageError(f"{method} ended by a rule: {lane.reason}")
            plan = extend.extended(self._preset, known, (known.plan.trials or 0) + more)
        except UsageError as error:
            self._log.warning("no more trials: %s", error)
            return
        self._record(MethodExtended(plan=plan))
        if not stopping:
            self._go_on(method, plan.trials or 0)

    def add(self, point: Point, *, stopping: bool = False) -> None:
        """Take a trial that a person added by hand; one that is not in the space is told in the log.

        While the run is `stopping` it is only written down, for when it is resumed.
        """
        try:
            point = by_hand.checked(self._preset.space, point)
        except UsageError as error:
            self._log.warning("not added: %s", error)
            return
        known = self._state.methods.get(MANUAL)
        self._record(TrialAdded(method=MANUAL, number=len(known.added) if known else 0, params=point))
        if not stopping:
            self._go_on(MANUAL, point)

    def _go_on(self, method: str, more: Point | int) -> None:
        place, lane = next(((i, lane) for i, lane in enumerate(self._lanes) if lane.name == method), (None, None))
        if lane is not None and lane.live:
            lane.extend(more)
            self.progress(lane)
        elif place is None:
            self._lanes.append(self._lane_of(method))
        elif lane is not None and lane.closed:
            self._lanes[place] = self._lane_of(method)
        self.begin()

    def _others_closed(self, lane: MethodRun) -> bool:
        return all(other.closed for other in self._lanes if other is not lane)

    def take_refit(self, winner: OpenTrial, answer: Answer) -> None:
        """Close a method with what came of its winner's refit."""
        lane = winner.lane
        if isinstance(answer, Lost) and not answer.timed_out:
            self._log.warning("%s, the refit of #%d: %s", lane.name, winner.number, answer.reason)
            lane.lost += 1
            if lane.lost < MOST_DEATHS:
                self._dispatcher.add_refit(winner)
                return
        if isinstance(answer, RefitResult) and not answer.error:
            event = MethodFinished(
                method=lane.name,
                state=_ending(lane),
                best=winner.number,
                test_score=answer.score,
                test_predictions=list(answer.predictions),
                test_responses=[pack(column) for column in answer.responses],
                refit_seconds=answer.fit_seconds,
                error=lane.error,
                reason=lane.reason,
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

    def _close(self, lane: MethodRun, event: MethodFinished) -> None:
        planned = self._state.methods[lane.name].plan
        self._record(event)
        lane.finish(event.best)
        if planned != lane.plan and planned.trials != lane.planned:
            # it was given more to do while its winner was refitted already
            self._record(MethodExtended(plan=planned))
            self._lanes[self._lanes.index(lane)] = self._lane_of(lane.name)
        self.begin()
        for other in self._lanes:
            if other.plan.kind == MANUAL and other is not lane:
                self.progress(other)


def _ending(lane: MethodRun) -> MethodOutcome:
    return "failed" if lane.error else "skipped" if lane.skipped and not lane.reason else "done"
