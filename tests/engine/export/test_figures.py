"""Figures: the numbers of the summary, in any theme and format, whatever names a run has."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hostile_text import HOSTILE, keepable
from made_run import MadeRun
from tunetop.engine.errors import UsageError
from tunetop.engine.events import Axis, Objective, Point
from tunetop.engine.export.figures import bars, catalog, drawing
from tunetop.engine.export.figures.catalog import ARTICLE, VIEWS, Choice, compose, figures_for, files
from tunetop.engine.export.figures.scene import Scene, name, score_ticks
from tunetop.engine.export.figures.trajectory import _apart, path
from tunetop.engine.export.formats import FIGURES, export
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.state import RunState
from tunetop.engine.trials.palette import LIGHT, PALETTES
from tunetop.engine.verdict import numbers
from tunetop.engine.verdict.summary import Summary, run_summary
from tunetop.tui.cli.main import main
from tunetop.tui.render.colour import readable
from tunetop.tui.views.catalog import VIEWS as ON_SCREEN
from tunetop.tui.views.catalog import views_for

pytest.importorskip("matplotlib", reason="the extra figures is not installed")

RECORDED = Path(__file__).parents[1] / "verdict" / "recorded" / "mixed-1"
MAGIC = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@cache
def recorded() -> tuple[RunState, Summary]:
    state, _ = load_state(RunFolder(RECORDED))
    return state, run_summary(state)


def axes(one: str, other: str) -> list[Axis]:
    return [Axis(name=one, scale="log", low=1e-4, high=1.0), Axis(name=other, scale="choice", labels=[other])]


def watched() -> RunState:
    """Return a search of two objectives, both minimised, whose trials report steps."""
    goals = [Objective("loss", "minimize"), Objective("size", "minimize")]
    run = MadeRun(("search",), watched=True, objectives=goals, test_rows=0)
    for number, (loss, size) in enumerate([(3.0, 1.0), (1.0, 5.0), (2.0, 2.0), (2.5, 4.0)]):
        steps = [(step, -loss - 1 / (step + 1)) for step in range(4)]
        run.trial("search", number, [-loss], others={"size": [size]}, steps=steps)
    return run.end()


def test_a_front_and_curves_have_their_own_signs() -> None:
    scene = Scene(state := watched(), run_summary(state), LIGHT)
    with drawing.themed(LIGHT):
        front, told = compose(VIEWS["pareto"], scene)
        curves, _ = compose(VIEWS["curves"], scene)
    assert told.startswith("3 of 4 trials that no other beats in both loss and size")
    joined = front.axes[0].lines[0].get_xydata().tolist()  # type: ignore[union-attr]
    assert joined == [[1.0, 5.0], [2.0, 2.0], [3.0, 1.0]]
    best = curves.axes[0].lines[-1].get_xydata()  # type: ignore[union-attr]
    np.testing.assert_allclose(best, [(step, 1 + 1 / (step + 1)) for step in range(4)])


def test_there_is_a_figure_for_each_view_of_the_screen() -> None:
    assert list(VIEWS) == list(ON_SCREEN)
    for state in (recorded()[0], watched()):
        assert [one.name for one in figures_for(state)] == [view.name for view in views_for(state)]


@pytest.mark.parametrize("palette", PALETTES.values(), ids=list(PALETTES))
def test_what_is_written_upon_the_ramp_can_be_read(palette: object) -> None:
    assert isinstance(palette, type(LIGHT))
    assert list(palette.on_ramp) == [readable(colour) for colour in palette.ramp]


@pytest.mark.parametrize("kind", FIGURES)
def test_the_same_run_gives_the_same_bytes(kind: str) -> None:
    state, summary = recorded()
    first, second = (dict(files(kind, state, summary, Choice("importance", "dark"))) for _ in range(2))
    assert list(first) == [f"importance.{kind}"]
    assert first[f"importance.{kind}"].startswith(MAGIC[kind])
    assert first == second


def test_the_article_has_six_panels_and_belongs_to_all() -> None:
    state, summary = recorded()
    assert [figure.name for figure in catalog._wanted("all", state)] == [
        *(one.name for one in figures_for(state)),
        ARTICLE.name,
    ]
    with drawing.themed(LIGHT):
        figure, sentence = compose(ARTICLE, Scene(state, summary, LIGHT))
    assert len(figure.subfigs) == 6
    assert "Recorded | <run>" in sentence


def test_bars_are_the_summarys_numbers_with_their_intervals() -> None:
    state, summary = recorded()
    with drawing.themed(LIGHT):
        figure, _ = compose(VIEWS["bars"], Scene(state, summary, LIGHT))
    for axes, key in zip(figure.axes, ("test_score", "cv_score"), strict=True):
        dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]  # type: ignore[index]
        assert dots == [getattr(row, key) for row in summary.rows]
        level = next(line for line in axes.lines if line.get_linestyle() == "--")
        assert list(level.get_xdata()) == [getattr(summary.baseline, key)] * 2  # type: ignore[arg-type]
    whiskers = [container.lines[2][0].get_segments()[0][:, 0] for container in figure.axes[0].containers]  # type: ignore[attr-defined]
    wanted = [row.test_interval for row in summary.rows]
    np.testing.assert_allclose(whiskers, wanted)  # type: ignore[arg-type]


def test_bars_begin_at_zero_or_are_none() -> None:
    assert bars.from_zero([bars.Mark("a", 0.2, 0.1, 0.3), bars.Mark("b", 0.8)])
    assert not bars.from_zero([bars.Mark("a", 0.95, 0.9, 0.97), bars.Mark("b", 0.96)])
    assert not bars.from_zero([bars.Mark("a", -3.0), bars.Mark("b", 2.0)])


def scored(scores: list[float], methods: tuple[str, ...] = ("random",), **info: object) -> Scene:
    """Return the scene of a run whose trials, dealt out to the methods, have these scores."""
    run = MadeRun(("baseline", *methods), axes=axes("C", "kind"), **info)
    counts = dict.fromkeys(methods, 0)
    for place, score in enumerate(scores):
        method = methods[place % len(methods)]
        run.trial(method, counts[method], [score] * 3, {"C": 10 ** -(4 * place / len(scores)), "kind": "kind"})
        counts[method] += 1
    state = run.end()
    return Scene(state, run_summary(state), LIGHT)


@pytest.mark.parametrize(
    ("low", "high"), [(0.98123, 0.98125), (-18120.0, -10950.0), (-3e7, 1.0), (0.5, 0.9), (0, 1e-12)]
)
def test_ticks_and_cells_of_any_range_of_scores_tell_them_apart(low: float, high: float) -> None:
    scores = [low + (high - low) * place / 10 for place in range(11)]
    scene = scored(scores)
    texts = [text for _, text in score_ticks(scene)]
    assert 2 <= len(set(texts)) == len(texts) <= 7
    for place, text in score_ticks(scene):
        own = scene.scores.low + place * (scene.scores.high - scene.scores.low)
        assert float(text) == pytest.approx(own, abs=(high - low) * 0.01)
    assert len({numbers.number_within(score, high - low) for score in scores}) == 11
    with drawing.themed(LIGHT):
        figure, _ = compose(VIEWS["trajectory"], scene)
        figure.canvas.draw()
    assert not figure.axes[0].yaxis.get_offset_text().get_text().count("+")


def test_numbers_beside_others_are_the_tables_wherever_these_tell_them_apart() -> None:
    assert [numbers.number_within(score, 0.02) for score in (0.97802, -12345.6, 0.0)] == [
        "0.9780",
        "-12345.600",
        "0.0000",
    ]
    assert numbers.number_within(-12345.6, 900.0) == numbers.number(-12345.6)
    assert [numbers.number_within(0.5, span) for span in (0.0, math.inf, math.nan)] == ["0.5000"] * 3


def test_a_map_without_numbers_has_a_key() -> None:
    grid = [10 ** -(place / 4) for place in range(16)]
    run = MadeRun(("baseline", "grid"), axes=[Axis(name="C", scale="log", low=1e-4, high=1.0, grid=grid)])
    for place, value in enumerate(grid):
        run.trial("grid", place, [0.5 + place / 100] * 3, {"C": value})
    state = run.end()
    with drawing.themed(LIGHT):
        figure, _ = compose(VIEWS["heatmap"], Scene(state, run_summary(state), LIGHT))
    assert len(figure.axes) == 2
    assert [float(label.get_text()) for label in figure.axes[1].get_yticklabels()] == [0.5, 0.55, 0.6, 0.65]


def test_each_of_many_methods_has_room_and_none_is_the_best_of_equals() -> None:
    few, many = (scored([0.9] * 12, tuple(f"m{place}" for place in range(count))) for count in (2, 12))
    with drawing.themed(LIGHT):
        small, _ = compose(VIEWS["bars"], few)
        large, _ = compose(VIEWS["bars"], many)
    assert large.get_figheight() / 12 > 0.5 > 0.4 < small.get_figheight() / 2
    assert [text.get_text() for text in large.axes[0].texts] == ["0.9000"] * 12


def test_long_names_keep_their_ends_apart() -> None:
    assert name("columntransformer__numeric__impute__" + "strategy" * 3 + "_a").endswith("strategy_a")
    assert len(name("x" * 500)) == len(name("x" * 40)) == 40


def test_a_path_is_the_best_so_far_with_its_own_sign() -> None:
    run = MadeRun(("search",), watched=True, objectives=[Objective("loss", "minimize")], test_rows=0)
    scores = [-3.0, -1.0, -2.0, -0.5]
    for number, score in enumerate(scores):
        run.trial("search", number, [score])
    state = run.end()
    x, y, best = path(Scene(state, run_summary(state), LIGHT), "search")
    assert x.tolist() == [1, 2, 3, 4]
    assert y.tolist() == [3.0, 1.0, 2.0, 0.5]
    assert best.tolist() == [3.0, 1.0, 1.0, 0.5]


def test_labels_that_would_overlap_are_moved_apart_as_little_as_may_be() -> None:
    assert _apart([0.1, 0.5], 0.05) == [0.1, 0.5]
    np.testing.assert_allclose(_apart([0.5, 0.5, 0.5], 0.1), [0.4, 0.5, 0.6])
    moved = _apart([0.1, 0.5, 0.52, 0.53, 0.9], 0.05)
    assert (np.diff(moved) >= 0.05 - 1e-12).all()


@pytest.mark.parametrize("view", VIEWS)
def test_a_run_that_has_just_begun_says_why_there_is_nothing(view: str) -> None:
    state = MadeRun().state()
    name, content = next(iter(files("svg", state, run_summary(state), Choice(view))))
    assert name == f"{view}.svg"
    assert len(content) > 500


def test_wrong_choices_are_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, summary = recorded()
    with pytest.raises(UsageError, match=r"--view: found 'heatmop'; allowed: heatmap, .*article, all.*heatmap"):
        list(files("png", state, summary, Choice("heatmop")))
    with pytest.raises(UsageError, match=r"--theme: found 'pink'; allowed: dark, light"):
        list(files("png", state, summary, Choice("bars", "pink")))
    one = MadeRun(axes=[Axis(name="alpha", scale="log", low=1e-3, high=1.0)]).state()
    with pytest.raises(UsageError, match="two hyperparameters"):
        list(files("png", one, run_summary(one), Choice("article")))
    monkeypatch.setattr(drawing, "installed", lambda: False)
    with pytest.raises(UsageError, match=r"png: matplotlib is not installed; pip install 'tunetop\[figures\]' adds it"):
        export(state, tmp_path, ["png"], summary=summary)
    assert not list(tmp_path.iterdir())


def test_the_command_writes_a_view_and_refuses_one_without_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["export", str(RECORDED), "--to", str(tmp_path), "--view", "importance"]
    assert main([*arguments, "--format", "pdf", "--theme", "dark"]) == 0
    assert (tmp_path / "importance.pdf").read_bytes().startswith(b"%PDF")
    assert main(arguments) == 2
    assert "--view and --theme are for pictures" in capsys.readouterr().err


MARKUP = [*HOSTILE, r"$\frac{", "$x^$", r"\textbf{a}", "<svg onload=alert(1)>", "a" * 300, "_hidden"]


def test_any_text_stays_text_in_figures() -> None:
    texts = [text for text in MARKUP if keepable(text)]
    for place in range(0, len(texts) - 2, 10):
        title, one, other, *methods = [text or " " for text in texts[place : place + 10]]
        run = MadeRun(["baseline", *dict.fromkeys(methods)], title=title, axes=axes(one, other + "2"))
        for method in methods:
            run.trial(method, 0, [0.9, 0.8, 0.7], {one: 0.01, other + "2": other})
        state = run.end()
        view = list(VIEWS)[place // 10 % len(VIEWS)]
        root = ElementTree.fromstring(dict(files("svg", state, run_summary(state), Choice(view)))[f"{view}.svg"])
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= ALLOWED
        assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)


ALLOWED = {*["svg", "g", "path", "defs", "use", "text", "tspan", "style", "clipPath", "rect", "image", "title"]}
ALLOWED |= {*["metadata", "RDF", "Work", "type", "date", "format", "creator", "Agent"]}


def test_numbers_that_cannot_be_drawn_break_no_figure() -> None:
    run = MadeRun(("baseline", "random"))
    points: list[Point] = [{"alpha": 0.0, "solver": "adam"}, {"alpha": math.inf}, {"alpha": -1.0, "solver": None}, {}]
    for number, score in enumerate([1e308, -1e308, 1e-300, 0.5]):
        run.trial("random", number, [score] * 3, points[number])
    state = run.end()
    summary = run_summary(state)
    with drawing.themed(LIGHT):
        for figure in VIEWS.values():
            compose(figure, Scene(state, summary, LIGHT))


def test_the_catalog_needs_no_matplotlib_to_be_read() -> None:
    assert "matplotlib" not in Path(catalog.__file__).read_text().partition("TYPE_CHECKING:")[0]
