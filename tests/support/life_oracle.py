"""What a life must come to: scores by configuration, and a plain loop over them that knows nothing of orders."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
from life_parts import CANDIDATES, FOLDS, PATIENCE, RULES, problem_of_lives, window_of
from tunetop.engine.events import MANUAL, Simplest
from tunetop.engine.run.method_run import MOST_DEATHS
from tunetop.engine.run.outcomes import CUT_SHORT
from tunetop.engine.state import MethodState, TrialState

SCORES = (0.25, 0.5, 0.75, 1.0)


def configuration_of(arguments: Any) -> tuple[int, int]:
    """Return what an estimator comes to."""
    return arguments.get("max_depth", 1), arguments.get("min_samples_leaf", 1)


class Tables:
    """What comes of each configuration, and of methods by that."""

    def __init__(self, chance: random.Random, choose: Simplest | None, bound: float | None) -> None:
        self.choose, self.bound = choose, bound
        configurations = [(depth, leaf) for depth in (1, 2, 3) for leaf in (1, 2)]
        self.scores = {one: self.outcome(chance) for one in configurations}
        """The scores of its folds, or its failure."""
        self.others = {one: [chance.choice(SCORES) for _ in range(FOLDS)] for one in configurations}
        """What has to be at least `bound`, where there is one."""
        self.unfit = {one for one in configurations if chance.random() < 0.1}
        """Those that cannot be refitted."""

    def outcome(self, chance: random.Random) -> list[float] | str:
        if chance.random() < 0.5:
            return chance.choice(["error", "timeout"])
        return [chance.choice(SCORES) for _ in range(FOLDS)]

    def test_score(self, configuration: tuple[int, int]) -> float:
        return (10 * configuration[0] + configuration[1]) / 100

    def check(self, method: MethodState, refitted: tuple[int, int] | None, *, skipped: bool) -> None:
        """Hold what became of a method against the tables."""
        result = method.result
        assert result is not None
        assert not method.misjudged
        assert not method.late
        # else a search that cannot even begin has no trials, and there is nothing that could be wrong with them
        assert method.name == "broken" or not result.error or result.error.startswith("the winner "), result.error
        for trial in method.trials.values():
            self.check_trial(trial, method, cut="were over" in result.reason, skipped=skipped)
        best = self.winner(method)
        assert result.best == (None if best is None else best.number)
        if best is not None:
            winner = self.configuration(best)
            assert refitted == winner
            tested = winner not in self.unfit and "the worker died" not in result.error
            assert method.test_score == (self.test_score(winner) if tested else None)
            assert (result.state == "failed") == (not tested or (method.name == "broken" and bool(result.error)))
        if not skipped and method.phase == "done" and "were over" not in result.reason:
            assert sorted(method.trials) == list(range(self.expected_trials(method)))

    def check_trial(self, trial: TrialState, method: MethodState, *, cut: bool, skipped: bool) -> None:
        """Hold what became of a trial against the table; `cut`: its method's time was over."""
        scores = self.scores[self.configuration(trial)]
        if trial.phase == "done":
            assert trial.scores == scores
        elif trial.phase == "failed":
            died = f"{MOST_DEATHS} workers died" in trial.error
            # a resumed method may be skipped before it is known that its time was over
            late = (cut or skipped) and trial.error.startswith(CUT_SHORT)
            assert isinstance(scores, str) or died or late
        elif trial.phase == "running":
            # it had begun before the process was killed, and was given up before it began anew
            assert cut or skipped
        else:
            assert trial.phase == "raced"
            assert method.name in ("raced", "halved")

    def configuration(self, trial: TrialState) -> tuple[int, int]:
        return configuration_of(problem_of_lives()[0].space.arguments(trial.params) if trial.params else {})

    def keeps(self, trial: TrialState) -> bool:
        """Tell whether a trial keeps to the constraint; the baseline may break it."""
        return self.bound is None or not trial.params or np.mean(self.others[self.configuration(trial)]) >= self.bound

    def winner(self, method: MethodState) -> TrialState | None:
        """Return the winner by the rule of the run, found by a plain loop."""
        best, highest = None, -math.inf
        able = [one for _, one in sorted(method.trials.items()) if one.phase == "done" and self.keeps(one)]
        for trial in able:
            if (mean := float(np.mean(trial.scores))) > highest:
                best, highest = trial, mean
        if best is None or self.choose is None or not best.params:
            return best
        least = highest - np.std(best.scores, ddof=1) / math.sqrt(FOLDS)
        near = [one for one in able if np.mean(one.scores) >= least]
        return min(near, key=lambda one: (one.params["max_depth"], -np.mean(one.scores), one.number))

    def expected_trials(self, method: MethodState) -> int:
        if method.name == "halved":
            return len(self.halved(method))
        planned = len(method.added) if method.name == MANUAL else method.plan.trials
        assert planned is not None
        rule = RULES.get(method.name)
        if rule is None or rule.seconds is not None:
            return planned
        best, since, window = -math.inf, 0, window_of(method.name)
        for number in range(planned):
            trial = method.trials[number]
            mean = float(np.mean(trial.known_scores)) if trial.phase == "done" and self.keeps(trial) else -math.inf
            best, since = (mean, 0) if mean > best else (best, since + 1)
            if (rule.no_improvement and since >= PATIENCE) or (rule.score is not None and best >= rule.score):
                # the window was asked for before the one that ended it was told
                return min(planned, number + window)
        return planned

    def halved(self, method: MethodState) -> list[TrialState]:
        """Return the trials that halving has by its definition: all, and then the better third of them."""
        first = [method.trials[number] for number in range(CANDIDATES)]
        scores = [np.mean(one.known_scores) if one.known_scores else -math.inf for one in first]
        order = np.argsort(scores, kind="stable")[-math.ceil(len(first) / 3) :]
        last = [method.trials[len(first) + place] for place in range(len(order))]
        assert [one.params for one in last] == [first[place].params for place in order]
        return [*first, *last]
