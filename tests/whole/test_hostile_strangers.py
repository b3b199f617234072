"""Runs and races of a stranger: hostile text in races and dialogs, absurd numbers anywhere; nothing raw, no crash."""

from __future__ import annotations

import json
import os
import sys
import zlib
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from app_runs import PRESET, app_for, made, preset_file, stored, text_of, until
from hostile_text import HOSTILE, keepable, raw, told
from made_run import MadeRun
from monitor_app import session_of
from rich.segment import Segment
from textual.events import Paste
from tunetop.engine.data.loading import load_dataset
from tunetop.engine.events import Axis, MethodPlan, Value
from tunetop.engine.preset.imports import Imports
from tunetop.engine.preset.preset import parse
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.record.run_log import Log
from tunetop.engine.record.store import Store
from tunetop.engine.space.space import Choice, Dimension, Space
from tunetop.engine.text import is_harmless
from tunetop.engine.tournament import compare
from tunetop.engine.tournament import folder as races
from tunetop.engine.tournament.folder import TournamentFolder
from tunetop.tui.cli import main
from tunetop.tui.cli.closing import tell_end
from tunetop.tui.screens.by_hand import ByHandScreen
from tunetop.tui.screens.choose_columns import ColumnsScreen
from tunetop.tui.screens.more_trials import MoreTrialsScreen
from tunetop.tui.sessions.run import Feed
from tunetop.tui.sessions.tournament import TournamentFeed
from tunetop.tui.terminal.screen_buffer import ColorSystem, Frame
from tunetop.tui.trials.fields import attribute, metric, parameter

TEXTS = [text for text in HOSTILE if text and keepable(text)]


def hostile_race(root: Path) -> TournamentFolder:
    """Return a race of three seeds, written by somebody who means no good."""
    some = cycle(TEXTS)
    names = [f"{next(some)}{place}" for place in range(4)]
    store = Store(root / "runs")
    runs: dict[int, str] = {}
    for seed in range(3):
        run = MadeRun(("baseline", *names), run=next(some), preset=next(some), title=next(some), scoring=next(some))
        run.trial("baseline", 0, [0.8, 0.8, 0.8], {})
        for place, name in enumerate(names):
            run.trial(name, 0, [0.7 + place / 100 + seed / 1000] * 3, {next(some): next(some)})
            run.trial(name, 1, [], error=next(some), details=next(some))
            run.finish(name, 0, 0.9)
        if seed < 2:
            run.end("done")
        runs[seed] = stored(store, run).id
    folder = races.create(store, parse(PRESET.format(title="x"), root / "x.toml"), names, range(4))
    plan = folder.read()
    folder.write(msgspec.structs.replace(plan, title=next(some), preset=next(some), reason=next(some), runs=runs))
    return folder


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_no_races_screen_shows_a_hostile_string_raw(tmp_path: Path, size: tuple[int, int]) -> None:
    folder = hostile_race(tmp_path)
    # names of folders are anybody's as well
    moved = TournamentFolder(folder.path.rename(folder.path.with_name("\x9b31m\u202e[red]\n")))
    for state in ("running", "failed"):
        moved.write(msgspec.structs.replace(moved.read(), state=state))
        app = app_for(tmp_path, store=folder.store, race=moved)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda app=app: app.sessions.tournament.summed == (0, 1))
            for key in ("1", "2", "3", "o", "e"):
                await pilot.press(key)
                await pilot.pause()
                assert not raw(text_of(app)), key
            app.call_for_attention(moved.read().title, state)
            await pilot.press("2", "enter")
            await until(pilot, lambda app=app: len(app.screen_stack) > 1)
            await pilot.pause()
            assert not raw(text_of(app))


def test_no_races_line_or_file_holds_a_hostile_string_raw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tunetop.engine.tournament.conductor import Tournament
    from tunetop.tui.cli.closing import tell
    from tunetop.tui.cli.headless_race import _Lines

    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(tmp_path / "runs"))
    folder = hostile_race(tmp_path)
    moved = TournamentFolder(folder.path.rename(folder.path.with_name("\x9b31m\u202e[red]\n")))
    assert told(capsys, "race", "--open") == 0
    assert told(capsys, "race", "--open", "--json") == 0
    assert told(capsys, "race", str(moved.path), "--open") == 0
    assert told(capsys, "race", str(moved.path), "--resume", "--seeds", "2", "--first-seed", "1") == 2
    assert told(capsys, "race", "\x1b[2J", "--open") == 2
    race = Tournament(moved)
    race.outcome = "failed"
    race._trouble = TEXTS[0]
    feed = TournamentFeed(moved)
    while feed.poll(1.0) or feed.behind:
        pass
    race.summary = compare.tournament_summary(feed.done)
    race.files = compare.write(race.summary, moved.path)
    for path in race.files:
        assert not raw(path.read_text(encoding="utf-8")), path
    _Lines(sys.stdout).show(feed)
    assert tell(race, sys.stdout) == 1
    race._lock.close()
    printed = capsys.readouterr()
    assert not raw(printed.out + printed.err)


def test_a_races_table_is_no_formula_and_its_page_no_markup() -> None:
    names = ["=1+1", "[x](javascript:alert(1))", "<b>bold</b>"]
    states = {}
    for seed in range(2):
        run = MadeRun(("baseline", *names), title="*title*", scoring="`code`")
        for place, name in enumerate(names):
            run.trial(name, 0, [0.5 + place / 10] * 3)
        states[seed] = run.end("done")
    summary = compare.tournament_summary(states)
    assert "\n'=1+1,trial,1,0.5,0.5,0.5\n" in compare._curves(summary)
    page = compare._markdown(summary)
    for markup in ("[x](", "<b>", "*title*", "`code`"):
        assert markup not in page.replace("\\" + markup, "")


def test_a_race_names_no_run_outside_its_runs_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = hostile_race(tmp_path)
    (outside := tmp_path / "elsewhere").mkdir()
    folder.run(folder.read(), 0).path.rename(outside / "run")  # type: ignore[union-attr]
    document = json.loads(folder.plan_file.read_text())
    for name in ("../elsewhere/run", str(outside / "run"), "..", "a/b", "\x1b[2J", "name\n"):
        folder.plan_file.write_text(json.dumps(document | {"runs": {"0": name}}))
        assert told(capsys, "race", str(folder.path), "--open") == 2
        assert told(capsys, "race", str(folder.path), "--resume") == 2


@pytest.mark.parametrize(
    "change",
    [{"seeds": []}, {"seeds": [-1]}, {"seeds": [10**30]}, {"seeds": list(range(2000))}, {"runs": {"-5": "x"}}, []],
)
def test_a_race_with_an_absurd_plan_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Any) -> None:
    folder = hostile_race(tmp_path)
    document = json.loads(folder.plan_file.read_text())
    folder.plan_file.write_text(json.dumps(document | change if change else [[[]]]))
    assert told(capsys, "race", str(folder.path), "--open") == 2


async def test_no_dialog_shows_a_hostile_string_raw(tmp_path: Path) -> None:
    preset = parse(PRESET.format(title="x"), tmp_path / "x.toml")
    app = app_for(tmp_path)
    async with app.run_test(size=(100, 80)) as pilot:
        for start in range(0, len(TEXTS), 50):
            texts = [text[:300] for text in TEXTS[start : start + 50]]
            dimensions = [Dimension(f"{t}n", "choice", choices=(Choice(t, {}), Choice(f"{t}2", {}))) for t in texts]
            space = Space(tuple(dimensions))
            values: dict[str, Value] = {one.name: texts[0] for one in dimensions}
            run = MadeRun(("baseline", *(f"{text}m" for text in texts)), title=texts[0])
            run.trial(f"{texts[0]}m", 0, [0.9], values)
            state = run.state()
            axes = [Axis(name=f"{text}x", scale="choice", labels=[text]) for text in texts]
            others = [metric(text, True) for text in texts] + [attribute(text) for text in texts]
            for dialog in (
                ByHandScreen(app, state, space, values, texts[0], texts[1]),
                ByHandScreen(app, state, space, values),
                MoreTrialsScreen(app, session_of(state), preset, None, problem=texts[2]),
                ColumnsScreen(app, [*map(parameter, axes), *others], frozenset(), lambda hidden: None),
            ):
                await app.push_screen(dialog)
                for key in ("", "down", "x"):
                    if key:
                        await pilot.press(key)
                    await pilot.pause()
                    assert not raw(text_of(app)), (type(dialog).__name__, texts)
                await app.pop_screen()


@pytest.mark.parametrize(("size", "told_of_runs"), [((160, 45), "RUNS"), ((100, 26), "last run")])
async def test_the_picker_shows_no_hostile_run_raw(tmp_path: Path, size: tuple[int, int], told_of_runs: str) -> None:
    store = Store(tmp_path / "runs")
    preset_file(tmp_path / "here", "mine", "Mine")
    for number, name in enumerate(("\x9b31m\u202e[red]\n", "\x1b[2J-7", "[red]\u200b")):
        method = TEXTS[number]
        run = MadeRun(("baseline", method), preset="mine", title=["", *TEXTS][number])
        run.trial("baseline", 0, [0.5, 0.5, 0.5], {})
        run.trial(method, 0, [0.9, 0.9, 0.9])
        run.finish(method, 0, 0.9)
        run.end("done")
        stored(store, run).path.rename(store.root / name)
    app = app_for(tmp_path, store=store)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.screen.listing.drafts and len(app.screen.listing.runs) == 3)  # type: ignore[attr-defined]
        shown = ""
        for key in ("home", *("down",) * 8):
            await pilot.press(key)
            await pilot.pause()
            shown += text_of(app)
            assert not raw(text_of(app))
        assert told_of_runs in shown
        assert "started" in shown
        app.screen.tell_problem("\x1b[2J \u202e")  # type: ignore[attr-defined]
        await pilot.press("home")
        await pilot.pause()
        assert not raw(text_of(app))


async def test_what_is_pasted_is_shown_harmless(tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    folder = stored(store, made(None))
    app = app_for(tmp_path, store=store, folder=folder)
    with folder.lock():
        await _paste_into_filter(app)


async def _paste_into_filter(app: Any) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.sessions.run is not None and app.sessions.run.state.trials)
        await pilot.press("/")
        await until(pilot, lambda: app.screen.focused)
        for text in TEXTS[:60]:
            app.screen.focused.post_message(Paste(text))  # type: ignore[union-attr]
            await pilot.pause()
            await pilot.pause()
            assert not raw(text_of(app)), text


ABSURD = [
    {"number": -1},
    {"number": 10**40},
    {"number": 2**63},
    {"fit_seconds": [1e308, 1e308]},
    {"fit_seconds": [-1.0]},
    {"scores": [1e308, 1e308, 1e308]},
    {"scores": [-1e308, 1e308, -0.0]},
    {"scores": [5e-324] * 3},
    {"scores": [0.5] * 5000},
    {"params": {"alpha": 10**40}},
    {"params": {"alpha": 2**63 - 1, "solver": -(2**63) + 1}},
    {"params": {"alpha": 1e308, "solver": -0.0}},
    {"params": {f"p{number}": number for number in range(3000)}},
    {"params": {"alpha": "x" * 1_000_000}},
    {"error": "e" * 10_000_000, "state": "failed", "scores": []},
    {"warnings": {"w": 2**62}},
    {"attempt": 10**15, "resource": -5},
    {"estimate": 1e308, "state": "raced", "by_fold": {"999999999": 1.0}},
    {"estimate": 1e308, "state": "raced", "by_fold": {"-3": 1.0}},
    {"reused": ["nobody", 10**9]},
    {"predictions": "?" * 1000},
    {"t": 1e308},
    {"t": -1e300},
    {"t": 2.5e11},
    {"event": "fold_finished", "fold": 10**9, "score": 1.0, "score_seconds": 0.0, "fit_seconds": 0.0},
    {"event": "fold_finished", "fold": -7, "score": 1.0, "score_seconds": 0.0, "fit_seconds": 0.0},
    {"event": "fold_started", "folds": [10**9] * 100},
]
"""What a trial of a stranger's journal says; nothing of it comes from a run of ours."""


@pytest.mark.parametrize("absurd", ABSURD, ids=range(len(ABSURD)))
def test_no_number_in_a_journal_is_too_much_for_a_command(
    absurd: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(tmp_path / "runs"))
    folder = stored(Store(tmp_path / "runs"), made())
    records = [json.loads(line[9:]) for line in folder.journal.read_bytes().splitlines()]
    victim = next(record for record in records if record["event"]["event"] == "trial_finished" and record["n"] > 5)
    victim["event"] |= {key: value for key, value in absurd.items() if key != "t"}
    victim["t"] = absurd.get("t", victim["t"])
    with open(folder.journal, "wb") as file:
        for record in records:
            line = json.dumps(record).encode()
            file.write(b"%08x %b\n" % (zlib.crc32(line), line))
    assert told(capsys, "show") in (0, 4)
    assert told(capsys, "show", "--json") in (0, 4)
    assert told(capsys, "list") == 0
    assert told(capsys, "attach", "--headless") == 0
    assert told(capsys, "export", "--format", "csv,json,md,cv_results,optuna-journal") == 0
    for view in ("heatmap", "trajectory", "parallel", "importance"):
        assert told(capsys, "show", "--view", view) in (0, 4)


def test_scores_near_the_largest_number_have_a_mean_and_a_spread() -> None:
    run = MadeRun()
    run.trial("grid", 0, [-1e200, 1e200, 0.0])
    trial = run.state().trials[0]
    assert trial.mean == pytest.approx(0.0, abs=1e190)
    assert trial.std == float("inf")


def test_a_stranger_who_holds_a_lock_is_named_harmlessly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(tmp_path / "runs"))
    folder = stored(Store(tmp_path / "runs"), made(None))
    with folder.lock():
        for started in (1e9, 1e308, -1e308):
            owner = {"host": "\x1b[2J\u202e", "pid": 10**12, "started": started, "trouble": "\x9b31m", "birth": "\x07"}
            with open(folder.lock_file, "r+") as file:
                file.write(json.dumps(owner).ljust(2048))
            assert told(capsys, "resume", "--headless") == 2
            assert told(capsys, "list") == 0
            feed = Feed(folder)
            feed.poll()
            app = app_for(tmp_path, store=Store(tmp_path / "runs"))
            assert app is not None


def test_an_entry_that_a_stranger_kept_in_a_runs_folder_is_not_believed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(tmp_path / "runs"))
    folder = stored(Store(tmp_path / "runs"), made())
    assert told(capsys, "list") == 0
    kept = json.loads((folder.path / "entry.json").read_text())
    for change in ({"started_at": 1e308}, {"finished_trials": 10**30}, {"seconds": -1e308}, {"phase": "\x1b[2J"}):
        (folder.path / "entry.json").write_text(json.dumps(kept | {"entry": kept["entry"] | change}))
        assert told(capsys, "list") == 0
        assert told(capsys, "list", "--json") == 0


def test_what_a_faulty_program_says_reaches_the_terminal_harmless(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(arguments: object) -> int:
        raise RuntimeError("\x1b[2J \u202e")

    monkeypatch.setattr(main, "_parse", broken)
    for arguments in (["list"], ["list", "--debug"]):
        assert main.main(arguments) == 1
        printed = capsys.readouterr()
        assert not raw(printed.out + printed.err)
        assert "RuntimeError: \\x1b[2J \\u202e" in printed.err
        assert ("Traceback" in printed.err) == ("--debug" in arguments)


def test_a_run_in_a_hostile_folder_says_so_harmlessly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = preset_file(tmp_path, "small", "Small")
    runs = tmp_path / "\x1b[2J\x9b31m\u202e[red]\n"
    here = ("--headless", "--runs-dir", str(runs))
    assert told(capsys, "run", str(path), "--methods", "", *here) == 0
    assert told(capsys, "run", str(path), "--methods", "", "--json", *here) == 0
    assert told(capsys, "race", str(path), "--seeds", "2", "--methods", "grid", *here) == 0
    run = Store(runs).find("small-1")
    ended = SimpleNamespace(folder=run, summary=None, trouble="\x1b[2J\u202e", outcome="failed")
    assert tell_end(ended, sys.stdout) == 1  # type: ignore[arg-type]
    printed = capsys.readouterr()
    assert not raw(printed.out + printed.err)


def test_a_runs_log_can_be_read_in_a_terminal(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.txt")
    try:
        raise RuntimeError(f"\x1b[2J{TEXTS[1]}")
    except RuntimeError:
        log.exception("broke down: %s", "\u202e\x9b31m")
    log.close()
    written = (tmp_path / "log.txt").read_text(encoding="utf-8")
    assert not raw(written)
    assert "RuntimeError: \\x1b[2J" in written
    assert written.count("\n") > 3


def test_nothing_raw_leaves_for_the_terminal_whatever_a_widget_has_forgotten() -> None:
    frame = Frame(ColorSystem.TRUECOLOR)
    for text in HOSTILE:
        frame.resize(80, 1)
        sent = "".join(character for character, _ in frame.cells([Segment(text[:200]), Segment("a" + text[:200])]))
        assert all(is_harmless(character) and character != "\n" for character in sent), text
    cells = frame.cells([Segment("é\u00a0日本\u0301語 \x1b[2J\u202eb")])
    assert "".join(character for character, _ in cells) == "é\u00a0日本\u0301語 [2Jb"


def test_a_stranger_writes_nowhere_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(tmp_path / "runs")
    folder = stored(store, made())
    (victim := tmp_path / "victim").write_text("precious")
    for name in ("summary.json", "trials.csv", "entry.json", "summary.md", "lock", "control", "log.txt"):
        (folder.path / name).unlink(missing_ok=True)
        (folder.path / name).symlink_to(victim)
    before = {str(path): os.lstat(path).st_mtime_ns for path in tmp_path.iterdir()}
    run = str(folder.path)
    for command in (("show", run), ("list",), ("export", run), ("attach", run, "--headless")):
        assert told(capsys, *command, "--runs-dir", str(store.root)) == 0
    assert victim.read_text() == "precious"
    assert {str(path): os.lstat(path).st_mtime_ns for path in tmp_path.iterdir()} == before
    assert load_state(RunFolder(folder.path))[0].phase == "done"


def test_method_plans_of_a_stranger_are_bounded() -> None:
    for wrong in ({"trials": -1}, {"trials": 10**20}, {"seed": -3}, {"earlier": [-1]}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"name": "n", "kind": "k", "title": "t"} | wrong, MethodPlan)


def test_names_of_columns_and_classes_come_in_harmless_and_none_is_taken_for_another(tmp_path: Path) -> None:
    alike = "c" * 40
    classes = ["\x1b[2J", "\u202egnp", f"{alike}1", f"{alike}2"]
    rows = "\n".join(f'{row % 7},{row % 3},"{classes[row % 4]}"' for row in range(80))
    (tmp_path / "data.csv").write_text(f'"\x9b31m","=1+1",label\n{rows}\n', encoding="utf-8")
    text = PRESET.format(title="x").replace('"sklearn:iris"', '"csv:data.csv"\ntarget = "label"')
    preset = parse(text, tmp_path / "x.toml")
    dataset = load_dataset(preset, True, Imports())
    assert [column.name for column in dataset.columns] == ["\x9b31m", "=1+1"]
    assert all(map(is_harmless, dataset.classes))
    assert set(dataset.target.tolist()) == {0, 1, 2, 3}
    card = load_problem(preset).card
    assert card.classes == {"\\x1b[2J": 20, "\\u202egnp": 20, f"{'c' * 39}…": 40}


@pytest.mark.parametrize(
    "changes",
    [
        ("grid = [0.01, 1.0, 100.0]", f"grid = [{10**400}]"),
        ("log = [1e-3, 1e3]", f"log = [1, {10**400}]"),
        ("log = [1e-3, 1e3]", f"log = [1, {'9' * 5000}]"),
        ("log = [1e-3, 1e3]", "linear = [-1e308, 1e308]"),
        ("log = [1e-3, 1e3], grid = [0.01, 1.0, 100.0]", f"linear = [1, {10**17}], integer = true, steps = 3"),
        ("l1 = { l1_ratio = 1.0 }", "{0}1 = {{ C = 1 }}, {0}2 = {{ C = 2 }}".format("a" * 40)),
        ("trials = 40", f"trials = {10**400}"),
        ("folds = 3", f"folds = 3\ntimeout = {10**400}"),
    ],
    ids=range(8),
)
def test_no_number_and_no_label_in_a_preset_is_too_much(
    changes: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PRESET.format(title="x")
    assert changes[0] in text
    (tmp_path / "x.toml").write_text(text.replace(*changes, 1))
    assert told(capsys, "presets", "check", str(tmp_path / "x.toml")) == 2


def test_a_choice_too_large_for_a_journal_is_kept_as_text(tmp_path: Path) -> None:
    text = PRESET.format(title="x").replace("C = { log", f"max_iter = [50, {10**30}]\nC = {{ log")
    dimension = parse(text, tmp_path / "x.toml").space["max_iter"]
    assert [choice.label for choice in dimension.choices] == [50, str(10**30)]
    assert dimension.arguments(str(10**30)) == {"max_iter": 10**30}
