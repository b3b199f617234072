"""The search methods of a run: begun in turn or together, each ended with the refit of its winner."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..errors import UsageError
from ..events import MANUAL, AnyEvent, MethodExtended, MethodFinished, MethodStarted, Point, TrialAdded
from ..preset.preset import Preset
from ..state import RunState
from ..workers.base import Answer, Lost
from ..workers.task import RefitResult
from . import by_hand, extend, outcomes
from .clock import Clock
from .dispatch import Dispatcher
from .method_run import MethodRun, OpenTrial
from .search_thread import Proposals
from .trials import Trials, opened_again


class Methods:
    """All methods of a run; used by the conductor's thread alone.

    `method_run_of` makes the run of a method that has something left to do, as the state has it; `record` writes an
    event down; `post` hands a search's proposals to the conductor, from the search's own thread.
    """

    def __init__(
        self,
        method_run_of: Callable[[str], MethodRun],
        preset: Preset,
        state: RunState,
        dispatcher: Dispatcher,
        *,
        together: bool,
        clock: Clock,
        record: Callable[[AnyEvent], None],
        post: Callable[[MethodRun, Proposals], None],
        log: logging.Logger,
    ) -> None:
        self._method_run_of, self._preset, self._state = method_run_of, preset, state
        self._dispatcher, self._together = dispatcher, together
        self._clock, self._record, self._post, self._log = clock, record, post, log
        self._methods = [method_run_of(m.name) for m in state.methods.values() if m.phase in ("waiting", "running")]
        self._news: dict[MethodRun, None] = {}
        """Methods of which there is news, in order, each once."""

    @property
    def through(self) -> bool:
        """True once every method has ended."""
        return all(method.closed for method in self._methods)

    @property
    def broken(self) -> list[str]:
        """The methods that broke down, each with its reason."""
        return [f"{method.name}: {method.error}" for method in self._methods if method.error]

    def begin(self) -> None:
        """Begin the methods whose turn it is: all, or the first and whichever follow drained ones."""
        # a person who adds a trial waits for it
        for method in sorted(self._methods, key=lambda method: not method.manual):
            if not method.begun and not method.closed and not method.skipped:
                if self._state.methods[method.name].phase != "running":
                    self._record(MethodStarted(method=method.name))
                method.begin(self._post)
            if method.manual:
                continue
            if not self._together and not method.closed and not method.drained:
                return

    def take_proposals(self, method: MethodRun, proposals: Proposals, trials: Trials) -> None:
        """Make trials of what a search proposes."""
        if method.closed:
            return
        method.take(proposals)
        if proposals.error is not None:
            self._log.error("%s broke down", method.name, exc_info=proposals.error)
        if not method.skipped:
            trials.open(method, proposals.points)
        if method.fold_race is not None and (method.waits or method.ended):
            method.fold_race.seal()
        trials.race(method)
        self.note(method)

    @property
    def have_news(self) -> bool:
        """Whether something is left to `follow`."""
        return bool(self._news)

    def note(self, method: MethodRun) -> None:
        """Note that there is news of a method: what follows from it has to wait until that is durable."""
        self._news[method] = None

    def follow(self) -> None:
        """Do what follows from the news of each method: ask on, refit the winner, begin the next method."""
        news, self._news = list(self._news), {}
        for method in news:
            self._progress(method)

    def _progress(self, method: MethodRun) -> None:
        if method.closed:
            return
        method.advance()
        # more may be added by hand while the run goes on, and the winner is tested once
        may_grow = method.manual and not all(other.closed for other in self._methods if other is not method)
        if method.complete and not may_grow and method.refitting is None:
            self._refit_winner(method)
        if method.ended:
            self.begin()

    def skip(self, name: str, trials: Trials) -> None:
        """End a method early: its started trials finish, then its winner so far is refitted and tested."""
        for method in self._methods:
            if method.name == name and method.begun and not method.closed and not method.skipped:
                method.skip()
                for trial in [trial for trial in method.open.values() if not trial.started]:
                    trials.give_up(trial)
                if method.fold_race is not None:
                    method.fold_race.seal()
                    trials.race(method)
                self.note(method)

    def look_at_the_clock(self, trials: Trials) -> None:
        """End methods whose time is over, with whatever they have open."""
        over: list[MethodRun] = []
        for method in self._methods:
            left = self._clock.left(method)
            if left is not None and left <= 0 and not method.closed and not method.complete:
                method.run_out(self._clock.limit(method))  # all of them first: the end of one begins the next
                over.append(method)
        for method in over:
            trials.cut_short(method)
            self.note(method)  # also one that has not begun: an earlier part of the run may have a winner for it

    def extend(self, name: str, more: int, *, stopping: bool = False) -> None:
        """Give a method more trials; one that is through begins again. What cannot be is told in the log.

        While the run is `stopping` that is only written down, for when it is resumed.
        """
        known = self._state.methods.get(name)
        method = next((method for method in self._methods if method.name == name), None)
        try:
            if known is None:
                raise UsageError(f"there is no method {name!r} in this run")
            if method is not None and method.reason and not method.closed:
                raise UsageError(f"{name} ended by a rule: {method.reason}")
            plan = extend.extended(self._preset, known, (known.plan.trials or 0) + more)
        except UsageError as error:
            self._log.warning("no more trials: %s", error)
            return
        self._record(MethodExtended(plan=plan))
        if not stopping:
            self._go_on(name, plan.trials or 0)

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

    def take_refit(self, winner: OpenTrial, answer: Answer) -> None:
        """Close a method with what came of its winner's refit."""
        method = winner.method
        if isinstance(answer, Lost) and not answer.timed_out:
            self._log.warning("%s, the refit of #%d: %s", method.name, winner.number, answer.reason)
            if method.note_refit_death():
                self._dispatcher.add_refit(winner)
                return
        if isinstance(answer, RefitResult) and not answer.error:
            event = outcomes.tested(winner, answer)
        else:
            reason = answer.reason if isinstance(answer, Lost) else getattr(answer, "error", "no answer")
            method.fail_refit(reason, fitted=isinstance(answer, RefitResult) and answer.fitted)
            event = outcomes.untested(winner)
        self._close(method, event)

    def close(self) -> None:
        """End the searches' threads."""
        for method in self._methods:
            method.close()

    def _refit_winner(self, method: MethodRun) -> None:
        best = self._state.methods[method.name].chosen
        if best is None:
            self._close(method, outcomes.ended(method))
            return
        winner = opened_again(method, best, self._preset)
        method.begin_refit(winner)
        self._dispatcher.add_refit(winner)

    def _go_on(self, name: str, more: Point | int) -> None:
        place, method = next(((i, one) for i, one in enumerate(self._methods) if one.name == name), (None, None))
        if method is not None and method.live:
            method.extend(more)
            self.note(method)
        elif place is None:
            self._methods.append(self._method_run_of(name))
        elif method is not None and method.closed:
            self._methods[place] = self._method_run_of(name)
        self.begin()

    def _close(self, method: MethodRun, event: MethodFinished) -> None:
        planned = self._state.methods[method.name].plan
        self._record(event)
        method.finish(event.best)
        if planned != method.plan and planned.trials != method.planned:
            # it was given more to do while its winner was refitted already
            self._record(MethodExtended(plan=planned))
            self._methods[self._methods.index(method)] = self._method_run_of(method.name)
        self.begin()
        for other in self._methods:
            if other.manual and other is not method:
                self.note(other)
