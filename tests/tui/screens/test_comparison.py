"""The comparison as rows: nothing that matters is cut, and it fits one screen where it can."""

from __future__ import annotations

import pytest
from made_run import AXES, MadeRun, flipped
from tunetop.engine.state import RunState
from tunetop.engine.verdict.summary import run_summary
from tunetop.tui.render.look import LOOKS
from tunetop.tui.screens.comparison import comparison_rows


def compared() -> RunState:
    targets = [0.0, 1.0] * 10
    run = MadeRun(test_targets=targets, axes=AXES)
    run.trial("baseline", 0, [0.9, 0.92, 0.94], {})
    run.finish("baseline", 0, 0.9, flipped(targets, 0, 1))
    for place, method in enumerate(("grid", "random")):
        run.trial(method, 0, [0.91, 0.93, 0.95], {"alpha": 0.00042079886 * 10**place, "solver": "adam"})
        run.finish(method, 0, 0.95, flipped(targets, place))
    return run.end()


def texts(width: int, height: int) -> list[str]:
    state = compared()
    rows = comparison_rows(state, run_summary(state), LOOKS["dark"], width, height)
    return [row.text.plain for row in rows]


@pytest.mark.parametrize(("width", "height"), [(80, 22), (80, 32), (120, 32), (160, 41), (200, 56)])
def test_it_fits_one_screen_with_as_many_bars_as_there_is_room_for(width: int, height: int) -> None:
    lines = texts(width, height)
    assert len(lines) <= height
    assert any("test score, 20 rows" in line for line in lines)
    assert any("BEST PARAMETERS" in line for line in lines)
    assert any("best CV score" in line for line in lines) == (height >= 32)


def test_best_values_are_in_the_table_with_as_much_of_their_names_as_fits() -> None:
    (wide,) = [line for line in texts(120, 32) if line.startswith("   random")][:1]
    assert "alpha=0.004208, solver=adam" in wide
    (narrow,) = [line for line in texts(94, 20) if line.startswith("   random")][:1]
    assert narrow.rstrip().endswith("0.00421, adam")
