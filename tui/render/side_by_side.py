"""Runs side by side, and the leaderboard, as lines of text: the same for the command line and the screen."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...engine.text import clean
from .columns import columns
from .numbers import score, signed

if TYPE_CHECKING:
    from ...engine.verdict.side_by_side import BoardLine, PairedTest, SideBySide

WIDTH = 100


def board_lines(board: Sequence[BoardLine], of: str) -> list[str]:
    """Return a run's leaderboard as lines of text."""
    rows = []
    for one in board:
        began = "" if one.started is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(one.started))
        names = [clean(one.run, 60), clean(one.estimator, 40), clean(one.method, 30)]
        rows.append([str(one.place), *names, score(one.cv_score), score(one.test_score), str(one.trials), began])
    lines = columns(["place", "run", "estimator", "method", "CV", "test", "trials", "begun"], rows).splitlines()
    if len(rows) > 1:
        said = "Ordered by cross-validation, whose best of many flatters itself: look at the test scores as well."
        lines += ["", *textwrap.wrap(said, WIDTH)]
    if of not in {one.run for one in board}:
        lines += ["", f"{clean(of, 60)} has no place: none of its trials has succeeded."]
    return lines


def comparison_lines(found: SideBySide) -> list[str]:
    """Return a comparison as lines of text."""
    names = [clean(one.run, 40) for one in found.runs]
    rows = [
        [name, clean(one.estimator, 40), one.state, str(one.trials), f"{one.train_rows}+{one.test_rows}", one.data]
        for name, one in zip(names, found.runs, strict=True)
    ]
    lines = columns(["run", "estimator", "state", "trials", "rows", "data"], rows).splitlines()
    if found.differences:
        differences = [[clean(one.key, 50), *(clean(value, 40) for value in one.values)] for one in found.differences]
        lines += ["", "What differs", *columns(["key", *names], differences).splitlines()]
    winners = [
        [
            clean(one.run, 40),
            clean(one.method, 30) + (" ★" if one.chosen else ""),
            score(one.cv_score),
            score(one.test_score),
            str(one.trials),
            clean(", ".join(f"{name}={value}" for name, value in one.params.items()), 60),
        ]
        for one in found.winners
    ]
    headings = ["run", "method", "CV", "test", "trials", "best parameters"]
    lines += ["", "Winners", *columns(headings, winners).splitlines()]
    for test in found.tests:
        lines += ["", *test_lines(test)]
    lines += [""] * bool(found.refusals)
    for refusal in found.refusals:
        lines += textwrap.wrap(f"! not comparable: {refusal}", WIDTH)
    return lines


def test_lines(test: PairedTest) -> list[str]:
    """Return what a test of two winners says, in words."""
    ours = f"{clean(test.first, 40)} {clean(test.first_method, 30)}"
    theirs = f"{clean(test.second, 40)} {clean(test.second_method, 30)}"
    said = []
    if test.test_difference is not None:
        line = f"on the test rows {signed(test.test_difference)}"
        if test.p is not None:
            by = {"mcnemar": "McNemar's exact test", "permutation": "permutation test"}[test.test]
            alone = "" if test.first_alone is None else f", {test.first_alone} rows against {test.second_alone}"
            line += f" (p {test.p:.3g}, {test.p_holm:.3g} after Holm, {by}{alone})"
        said.append(line)
    if test.folds_difference is not None:
        line = f"across folds {signed(test.folds_difference)}"
        if test.folds_p is not None:
            line += f" (p {test.folds_p:.3g}, corrected resampled t-test; selected on these folds)"
        said.append(line)
    if test.note:
        said.append(test.note)
    return textwrap.wrap(f"{ours} − {theirs}: {'; '.join(said)}", WIDTH, subsequent_indent="  ")
