"""What each view draws: the numbers in its cells, the marks on them, and where they stand."""

from __future__ import annotations

import math
import random
import re
import sys

import numpy as np
import pytest
from made_run import MadeRun
from rich.text import Text
from statsmodels.stats.proportion import proportion_confint
from tunetop.engine.events import Axis, MethodPlan, RunResumed, TrialStarted
from tunetop.engine.state import RunState
from tunetop.engine.trials.arrays import best_per_cell, columns
from tunetop.engine.trials.importance import density, importances
from tunetop.engine.trials.surface import surface
from tunetop.tui.render.look import LOOKS
from tunetop.tui.render.numbers import score_within
from tunetop.tui.render.spark import fold_strip, path_values, thinned
from tunetop.tui.views import bars
from tunetop.tui.views.catalog import VIEWS
from tunetop.tui.views.options import ViewOptions

LOOK = LOOKS["dark"]
RATE = Axis(name="rate", scale="log", low=1e-4, high=1e-1, grid=[1e-4, 1e-3, 1e-2, 1e-1])
ALPHA = Axis(name="alpha", scale="log", low=1e-5, high=1e-1, grid=[1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
SOLVER = Axis(name="solver", scale="choice", labels=["adam", "sgd"], grid=["adam", "sgd"])


def drawn(view: str, state: RunState, width: int = 80, height: int = 20, **options: object) -> list[str]:
    return [line.plain for line in VIEWS[view].draw(state, ViewOptions(**options), width, height, LOOK)]  # type: ignore[arg-type]


def style_at(line: Text, column: int) -> str:
    return "+".join(str(span.style) for span in line.spans if span.start <= column < span.end)


def grid_run(
    methods: tuple[str, ...] = ("baseline", "grid", "random"),
) -> tuple[MadeRun, dict[tuple[float, float], float]]:
    run = MadeRun(methods=methods, axes=[RATE, ALPHA])
    rng = random.Random(5)
    scores = {}
    run.trial("baseline", 0, [0.5], params={})
    for number, (rate, alpha) in enumerate((r, a) for r in RATE.grid for a in ALPHA.grid):
        scores[float(rate), float(alpha)] = score = round(rng.uniform(0.6, 0.8), 6)  # type: ignore[arg-type]
        run.trial("grid", number, [score], {"rate": rate, "alpha": alpha})
    return run, scores


# -- heatmap ---------------------------------------------------------------------------------------------------------


def numbers_in(line: str) -> list[str]:
    return re.findall(r"(?<!\d)[★◆●▲]?\.\d+", line)


def test_a_grid_cell_shows_its_trials_score() -> None:
    run, scores = grid_run()
    lines = drawn("heatmap", run.state(), 80, 6)
    assert lines[1].split() == ["1e-5", "1e-4", "1e-3", "1e-2", "1e-1"]
    top = max(scores.values())
    for line, rate in zip(lines[2:], RATE.grid, strict=True):
        expected = [scores[rate, alpha] for alpha in ALPHA.grid]  # type: ignore[index]
        assert numbers_in(line) == [("★" if s == top else "") + score_within(s, 5) for s in expected]


def test_a_cells_colour_is_its_place_on_the_ramp_and_its_text_readable() -> None:
    run, scores = grid_run()
    lines = VIEWS["heatmap"].draw(run.state(), ViewOptions(), 80, 6, LOOK)
    worst = min(scores, key=lambda place: scores[place])
    row = 2 + RATE.grid.index(worst[0])
    column = lines[row].plain.index(score_within(scores[worst], 5))
    background, foreground = LOOK.ramp_style(0.0)
    assert style_at(lines[row], column) == f"{foreground} on {background}"


def test_a_failed_cell_has_a_cross_a_running_one_an_arrow_an_empty_one_a_dot() -> None:
    run = MadeRun(methods=("grid",), axes=[RATE, SOLVER])
    run.trial("grid", 0, [0.5], {"rate": 1e-4, "solver": "adam"})
    run.trial("grid", 1, [], {"rate": 1e-4, "solver": "sgd"}, error="no")
    run.add(TrialStarted(method="grid", number=2, params={"rate": 1e-3, "solver": "adam"}))
    lines = drawn("heatmap", run.state(), 60, 4)
    assert lines[2].split() == ["adam", "★.5000", "▶", "·", "·"]
    assert lines[3].split() == ["sgd", "✗", "·", "·", "·"]


def test_other_dimensions_are_reduced_to_their_best_and_the_view_says_so() -> None:
    run = MadeRun(methods=("grid",), axes=[RATE, ALPHA, SOLVER])
    run.trial("grid", 0, [0.61], {"rate": 1e-4, "alpha": 1e-5, "solver": "adam"})
    run.trial("grid", 1, [0.72], {"rate": 1e-4, "alpha": 1e-5, "solver": "sgd"})
    lines = drawn("heatmap", run.state(), 80, 6)
    assert "best over solver" in lines[0]
    assert numbers_in(lines[2]) == ["★.7200"]


def test_an_overlay_shows_the_other_methods_better_trials_with_their_mark() -> None:
    run, _ = grid_run()
    run.trial("random", 0, [0.95], {"rate": 1.2e-4, "alpha": 1.4e-5})
    run.trial("random", 1, [0.81], {"rate": 0.05, "alpha": 0.09})
    run.trial("random", 2, [0.1], {"rate": 1e-2, "alpha": 1e-3})
    plain, laid = (drawn("heatmap", run.state(), 80, 6, overlay=overlay) for overlay in (False, True))
    assert "★.9500" not in "".join(plain)
    assert numbers_in(laid[2])[0] == "★.9500"
    assert numbers_in(laid[5])[-1] == "◆.8100"
    assert numbers_in(laid[4])[2] == numbers_in(plain[4])[2]


def test_trials_of_a_sampler_are_binned_on_the_axes_own_scale() -> None:
    run = MadeRun(methods=("random",), axes=[RATE, ALPHA])
    run.trial("random", 0, [0.5], {"rate": 1.01e-4, "alpha": 1.01e-5})
    run.trial("random", 1, [0.7], {"rate": 0.09, "alpha": 0.09})
    run.trial("random", 2, [0.6], {"rate": 0.091, "alpha": 0.091})
    rows = [numbers_in(line) for line in drawn("heatmap", run.state(), 80, 12)[2:] if numbers_in(line)]
    assert rows[0] == [".5000"]
    assert rows[-1] == ["★.7000"]


# -- scatter ---------------------------------------------------------------------------------------------------------


def test_a_point_stands_where_it_was_sampled() -> None:
    run = MadeRun(methods=("random",), axes=[RATE, ALPHA])
    run.trial("random", 0, [0.5], {"rate": 1e-4, "alpha": 1e-5})
    run.trial("random", 1, [0.7], {"rate": 1e-1, "alpha": 1e-1})
    run.trial("random", 2, [0.6], {"rate": 1e-1, "alpha": 1e-5})
    lines = drawn("scatter", run.state(), 60, 20)
    left = lines[2].index("┤") + 1
    assert lines[2][59] == "★"
    assert (lines[17][left], lines[17][59]) == ("●", "●")
    assert lines[19].split() == ["1e-4", "1e-3", "1e-2", "1e-1"]


def test_of_points_in_one_cell_the_best_is_seen() -> None:
    cells = np.array([3, 1, 3, 1, 3])
    scores = np.array([0.2, np.nan, 0.9, 0.1, 0.9])
    assert best_per_cell(cells, scores).tolist() == [3, 2]
    assert best_per_cell(np.array([], dtype=int), np.array([])).tolist() == []


# -- trajectory ------------------------------------------------------------------------------------------------------


def test_the_path_rises_where_the_best_did_and_ends_at_its_name() -> None:
    run = MadeRun(methods=("random",), axes=[RATE])
    for number, score in enumerate([0.5, 0.4, 0.7, 0.6, 0.7]):
        run.trial("random", number, [score], {"rate": 1e-3})
    lines = drawn("trajectory", run.state(), 60, 16)
    assert "★ 0.7000" in lines[0]
    top = next(line for line in lines[1:] if "★" in line)
    assert "random" in top
    assert 25 <= top.index("★") <= 35
    bottom = next(line for line in lines if line.count("─") > 3 and line is not top and "└" not in line)
    assert bottom.index("─") < top.index("★")


def test_the_x_axis_spans_the_plan_so_that_the_picture_rests() -> None:
    run = MadeRun(methods=("r",), axes=[RATE])
    run.add(RunResumed(workers=1, methods=[MethodPlan(name="r", kind="random", title="R", trials=40)]))
    for number in range(3):
        run.trial("r", number, [0.5 + number / 10], {"rate": 1e-3})
    assert drawn("trajectory", run.state(), 80, 16)[-1].split()[-1] == "40"


def test_regret_falls_to_nought_for_the_method_that_has_the_best() -> None:
    run = MadeRun(methods=("a", "b"), axes=[RATE])
    for number, (one, two) in enumerate([(0.5, 0.89), (0.8, 0.9), (0.89, 0.9)]):
        run.trial("a", number, [one], {"rate": 1e-3})
        run.trial("b", number, [two], {"rate": 1e-3})
    lines = drawn("trajectory", run.state(), 60, 16, regret=True)
    floor = next(index for index, line in enumerate(lines) if re.match(r"\s*0 ┤", line))
    assert "b" in lines[floor]
    assert "★" in lines[floor]
    hundredth = next(index for index, line in enumerate(lines) if "1e-2" in line)
    assert lines[hundredth].rstrip().endswith("a")


# -- bars ------------------------------------------------------------------------------------------------------------


def test_bars_show_the_test_scores_once_all_methods_have_one() -> None:
    run, _ = grid_run(("baseline", "grid"))
    assert "best CV score" in drawn("bars", run.state())[0]
    run.finish("baseline", 0, 0.9649)
    assert "best CV score" in drawn("bars", run.state())[0]
    run.finish("grid", 0, 0.9737)
    text = drawn("bars", run.state())
    assert "test score, 10 rows, 95 % Wilson interval" in text[0]
    assert [line.split()[:2] for line in text[:10] if "0.9" in line] == [["baseline", "0.9649"], ["grid", "★0.9737"]]


def test_the_interval_is_wilsons_and_takes_no_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = grid_run(("baseline", "grid"))
    run.finish("grid", 0, 0.9)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    bar = bars.test_chart(run.state(), ["grid"]).bars[0]
    assert (bar.low, bar.high) == pytest.approx(proportion_confint(9, 10, method="wilson"), abs=1e-12)


# -- importance ------------------------------------------------------------------------------------------------------


def test_the_hyperparameter_that_decides_the_score_gets_the_importance() -> None:
    rng = random.Random(1)
    run = MadeRun(methods=("random",), axes=[RATE, ALPHA, SOLVER])
    for number in range(200):
        rate, alpha = 10 ** rng.uniform(-4, -1), 10 ** rng.uniform(-5, -1)
        score = 0.9 - 0.1 * (math.log10(rate) + 2.5) ** 2
        run.trial("random", number, [score], {"rate": rate, "alpha": alpha, "solver": rng.choice(["adam", "sgd"])})
    state = run.state()
    cols = columns(state)
    shares = importances(cols, cols.of_methods(None))
    assert shares["rate"] > 0.85
    assert sum(shares.values()) == pytest.approx(1.0)
    assert drawn("importance", state)[1:4] != drawn("importance", state)[4:7]
    text = drawn("importance", state)
    assert "best 20 of 200 trials" in text[0]
    assert "PED-ANOVA: Watanabe, Bansal & Hutter, IJCAI 2023" in text[-1]


def test_importance_of_a_choice_and_of_a_constant() -> None:
    rng = random.Random(1)
    run = MadeRun(methods=("random",), axes=[SOLVER, Axis(name="fixed", scale="linear", low=2, high=2)])
    for number in range(60):
        solver = rng.choice(["adam", "sgd"])
        run.trial("random", number, [0.9 if solver == "sgd" else 0.5], {"solver": solver, "fixed": 2})
    cols = columns(run.state())
    assert importances(cols, cols.of_methods(None)) == {"solver": 1.0, "fixed": 0.0}


def test_a_density_sums_to_one_and_peaks_where_the_trials_are() -> None:
    found = density(np.array([0.3] * 40 + [0.9] * 5))
    assert found.sum() == pytest.approx(1.0)
    assert abs(int(found.argmax()) - 15) <= 1
    assert found.min() > 0


# -- surface ---------------------------------------------------------------------------------------------------------


def test_a_surface_through_a_grid_is_the_grid_at_its_points() -> None:
    x, y = (a.ravel() for a in np.meshgrid([0.0, 0.5, 1.0], [0.0, 1.0], indexing="ij"))
    z = np.array([0.1, 0.2, 0.9, 0.8, 0.4, 0.3])
    heights = surface(x.tobytes(), y.tobytes(), z.tobytes(), 101)
    assert heights[[0, 0, 50, 50, 100, 100], [0, 100, 0, 100, 0, 100]] == pytest.approx(z)
    assert heights[25, 0] == pytest.approx(0.5)


def test_a_surface_through_scattered_points_stays_near_them_and_between_them() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.random(80), rng.random(80)
    z = np.clip(x * y, 0, 1)
    heights = surface(x.tobytes(), y.tobytes(), z.tobytes(), 97)
    at = heights[np.rint(x * 96).astype(int), np.rint(y * 96).astype(int)]
    assert float(np.abs(at - z).mean()) < 0.02
    assert z.min() <= heights.min()
    assert heights.max() <= z.max()


# -- sparklines ------------------------------------------------------------------------------------------------------


def test_a_long_path_is_thinned_to_what_held_at_each_cell() -> None:
    assert thinned(list(range(100)), 4) == [24, 49, 74, 99]
    values = path_values([(3, 0.5), (10, 0.7)], 12, 6)
    assert values[1:] == [0.5, 0.5, 0.5, 0.7, 0.7]
    assert math.isnan(values[0])
    assert path_values([], 0, 5) == []


def test_folds_that_are_not_there_yet_are_dots() -> None:
    assert fold_strip([0.9, None, 1.0], 5, 0.9, 1.0, LOOK) == "▁·█··"
    assert fold_strip([math.nan, 0.96], 2, 0.9, 1.0, LOOK) == "·▅"
