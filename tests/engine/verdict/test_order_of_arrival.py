"""What is told of a run is told of its trials by number, whichever of them came first."""

from __future__ import annotations

from typing import Any

import pytest
from made_run import MadeRun
from tunetop.engine.events import Objective
from tunetop.engine.verdict.summary import document, run_summary

TRIALS: list[tuple[str, int, list[float], dict[str, Any]]] = [
    ("grid", 1, [0.9, 0.9, 0.9], {"others": {"recall": [0.5, 0.5, 0.5]}, "warnings": {"Loss 3 is odd": 1}}),
    ("random", 0, [0.9, 0.9, 0.9], {"others": {"recall": [0.5, 0.5, 0.5]}, "warnings": {"Loss 4 is odd": 1}}),
    ("grid", 2, [], {"error": "ValueError: one"}),
    ("grid", 3, [], {"error": "ValueError: one", "warnings": {"Loss 5 is odd": 2}}),
    ("random", 1, [], {"error": "ValueError: two"}),
    ("random", 2, [], {"error": "ValueError: two"}),
]

TURNED = [TRIALS[place:] + TRIALS[:place] for place in range(len(TRIALS))]
ORDERS = TURNED + [order[::-1] for order in TURNED]


@pytest.mark.parametrize("objectives", [[], [Objective("accuracy"), Objective("recall")]], ids=["one", "several"])
def test_examples_ties_and_the_front_are_those_of_the_lowest_numbers(objectives: list[Objective]) -> None:
    for order in ORDERS:
        run = MadeRun(also=["recall"], objectives=objectives)
        run.trial("baseline", 0, [0.5, 0.5, 0.5], {}, others={"recall": [0.1, 0.1, 0.1]})
        for method, number, scores, more in order:
            run.trial(method, number, scores, **more)
        told = document(run_summary(run.state()))
        assert [(one["reason"], one["count"], one["example"]["number"]) for one in told["failures"]] == [
            ("ValueError: one", 2, 2),
            ("ValueError: two", 2, 1),
        ]
        (warned,) = told["warnings"]
        assert (warned["warning"], warned["count"], warned["trials"]) == ("Loss 3 is odd", 4, 3)
        assert warned["first"] == {"method": "grid", "number": 1}
        if objectives:
            assert [(one["method"], one["number"]) for one in told["front"]] == [("grid", 1)]
