"""More trials for a method, trials by hand, and rules that end a method: while a run runs, and afterwards."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hand_clock import HandClock
from running import BRISK, LONG, TREE, TRUSTED, finish, in_order, preset_of, run_through, trials_of, wait_until
from tunetop.engine.errors import UsageError
from tunetop.engine.events import Point
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.run.conductor import Run
from tunetop.engine.run.launch import RunOptions, launch, resume
from tunetop.engine.search.manual import Manual
from tunetop.engine.search.refine import Refine
from tunetop.engine.space import written as written_module
from tunetop.engine.space.space import Choice, Dimension
from tunetop.engine.state import RunState
from tunetop.engine.workers.task import CHUNK_SECONDS
from tunetop.tui.cli.main import main
from tunetop.tui.sessions.run import Feed
from turnstile import Turnstile
from warm_process import Warmed

POINT = {"max_depth": 4, "min_impurity_decrease": 0.002, "criterion": "entropy"}
FEW = TREE.replace("trials = 12", "trials = 3")
FINITE = TREE.replace("integer = true,", "integer = true, steps = 8,").replace(
    "min_impurity_decrease = { log = [1e-4, 1e-1], grid = [1e-3, 1e-2] }", "ccp_alpha = [0.0, 0.01]"
)


def ended(preset: str, folder: Path, methods: tuple[str, ...] = ("random",)) -> Run:
    run = launch(preset_of(preset, folder), Store(folder / "runs"), RunOptions(workers=2, methods=methods))
    assert finish(run).phase == "done"
    return run


def random_trials(state: RunState) -> list[tuple[object, ...]]:
    return [row for row in trials_of(state)["random"] if row[0] != "winner"]


@pytest.mark.parametrize("text", [TREE, FINITE], ids=["endless", "finite"])
def test_a_finished_method_goes_on_where_it_ended(tmp_path: Path, text: str) -> None:
    run = ended(text, tmp_path)
    before = Feed(run.folder)
    before.poll()
    finish(resume(run.folder, RunOptions(workers=2), trials=["random=17"]))
    state = finish(resume(run.folder, RunOptions(workers=2), trials=["+3"]))
    assert state.phase == "done"
    assert state.methods["random"].finished == 20
    assert random_trials(state)[:12] == random_trials(before.state)
    points = [tuple(trial.params.items()) for trial in in_order(state.methods["random"])]
    assert len(set(points)) == 20
    assert state.methods["random"].plan.earlier == [12, 17]
    # and once more: what was added before is proposed again
    again = finish(resume(run.folder, RunOptions(workers=1)))
    assert trials_of(again) == trials_of(state)


BOTH = TREE.replace("trials = 12", "trials = 5") + '[[method]]\nkind = "bayes"\ntrials = 5\nseed = 1\nstart = 3\n'
# too many for the first five trials, the first of which is a better one, and few enough for these searches' fifteen
RULE = "[stop]\nno_improvement = 5\n[score]"


@pytest.mark.parametrize("stop", ["[score]", RULE], ids=["plain", "with a rule"])
def test_five_trials_and_ten_more_are_fifteen(tmp_path: Path, stop: str) -> None:
    text, methods = BOTH.replace("[score]", stop), ("random", "bayes")
    run = ended(text, tmp_path, methods)
    extended = finish(resume(run.folder, RunOptions(workers=2), trials=["+10"]))
    (tmp_path / "at-once").mkdir()
    preset = preset_of(text.replace("trials = 5", "trials = 15"), tmp_path / "at-once")
    at_once = run_through(preset, tmp_path / "runs", workers=1, methods=methods)
    assert trials_of(extended) == trials_of(at_once)
    reasons = [extended.methods[name].result.reason for name in methods]  # type: ignore[union-attr]
    assert any(reasons) == (stop == RULE)


def test_a_race_goes_on_with_more_candidates_and_lets_judgements_stand(tmp_path: Path) -> None:
    text = TREE.replace("trials = 12", "trials = 20\nrace = true").replace("folds = 3", "folds = 5")
    run = ended(text, tmp_path)
    before = load_state(run.folder)[0]
    assert before.methods["random"].raced > 0
    longer = finish(resume(run.folder, RunOptions(workers=2), trials=["random=30"]))
    assert longer.methods["random"].finished == 30
    assert random_trials(longer)[:20] == random_trials(before)
    assert trials_of(finish(resume(run.folder, RunOptions(workers=1)))) == trials_of(longer)


def test_what_cannot_be_raised_is_told_and_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    text = TREE.replace("draws = 6", "draws = 1").replace("[score]", "[stop]\nscore = 0.1\n[score]")
    text += '[[method]]\nkind = "random"\nname = "later"\ntrials = 2\n'
    run = ended(text.replace("trials = 2\n", "trials = 1\n"), tmp_path, ("grid", "random", "later"))
    size = run.folder.journal.stat().st_size
    for wish, said in {
        "later=1": r"later: found 1 trials; allowed: more than the 1 it has",
        "later=9999999999": r"later: found 9999999999 trials; allowed: at most 2,147,483,648",
        "later=2 later=3": r"found later twice",
        "grid=40": r"grid ends by itself.*it can be raised for random, later",
        "random=+5": r"random ended by a rule: a score of 0.1 was reached",
        "rondom=40": r"there is no method 'rondom'.*Did you mean random",
        "random=many": r"--trials: found 'random=many'; allowed: N, \+N, METHOD=N or METHOD=\+N",
        "later=٣": r"--trials: found 'later=٣'",
        "=5": r"--trials: found '=5'",
    }.items():
        with pytest.raises(UsageError, match=said):
            resume(run.folder, trials=wish.split())
    with pytest.raises(UsageError, match="max_depth: 99 is outside 1 … 8"):
        resume(run.folder, trials=["later=9"], add=[POINT | {"max_depth": 99}])
    assert run.folder.journal.stat().st_size == size
    assert not run.folder.is_locked()


def test_what_is_added_while_a_run_is_stopping_is_done_when_it_is_resumed(tmp_path: Path) -> None:
    options = RunOptions(workers=1, methods=("random",), allow_imports=TRUSTED)
    gate = Turnstile(tmp_path, 2)
    run = launch(preset_of(gate.text(FEW), tmp_path), Store(tmp_path / "runs"), options)
    gate.wait(1)
    run.stop()
    run.add(dict(POINT))
    run.add_trials("random", 2)
    gate.open()
    state = finish(run)
    assert state.phase == "stopped"
    assert (state.methods["manual"].added, state.methods["random"].plan.trials) == ([POINT], 5)
    state = finish(resume(run.folder, RunOptions(workers=2, allow_imports=TRUSTED)))
    assert (state.methods["manual"].finished, state.methods["random"].finished) == (1, 5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("int = 4", 4),
        ("int = 4.0", 4.0),
        ("int = four", "four"),
        ("int = " + "9" * 5000, "9" * 5000),
        ("real = 1e-3", 0.001),
        ("real = nan", "nan"),
        ("choice = true", True),
        ("choice = True", True),
        ("choice = None", None),
        ("choice = none", "none"),
        ("choice = 1", 1),
        ("choice = 0.50", 0.5),
        ("choice =  two words ", "two words"),
        ("choice = other", "other"),
    ],
)
def test_what_a_person_writes_is_read_as_the_space_has_it(text: str, value: object) -> None:
    labels = (True, None, "none", 1, 0.5, "two words")
    name, _, written = text.partition(" = ")
    dimension = {
        "int": Dimension("int", "linear", 1, 8, integer=True),
        "real": Dimension("real", "log", 1e-4, 1.0),
        "choice": Dimension("choice", "choice", choices=tuple(Choice(label, {}) for label in labels)),
    }[name]
    read = written_module.read(dimension, written)
    assert (str(read), type(read)) == (str(value), float if value == "nan" else type(value))
    if value in labels:
        assert written_module.read(dimension, written_module.written(value)) == value  # type: ignore[arg-type]


def test_a_running_method_and_one_that_is_through_get_more_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, given = Refine.ask, threading.Event()

    def ask(search: Refine) -> Any:
        # the last method, and so the run, does not end before both have got their trials
        given.wait(LONG)
        return asked(search)

    monkeypatch.setattr(Refine, "ask", ask)
    text = TREE.replace("trials = 12", "trials = 6")
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2))
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), feed.state.methods and feed.state.methods["grid"].finished >= 2)[1])
    run.folder.send("add-trials:random=3")
    wait_until(lambda: (feed.poll(), feed.state.methods["random"].plan.trials == 9)[1])
    wait_until(lambda: (feed.poll(), feed.state.methods["random"].phase == "done")[1])
    run.add_trials("random", 3)
    wait_until(lambda: (feed.poll(), feed.state.methods["random"].plan.trials == 12)[1])
    given.set()
    state = finish(run)
    assert state.phase == "done"
    assert state.methods["random"].plan.trials == 12
    whole = run_through(preset_of(TREE, tmp_path, "whole.toml"), tmp_path / "runs", workers=2, methods=("random",))
    assert trials_of(state)["random"] == trials_of(whole)["random"]


def test_a_trial_by_hand_runs_beside_the_searches_and_leaves_them_alone(tmp_path: Path) -> None:
    undisturbed = run_through(preset_of(TREE, tmp_path), tmp_path / "runs", workers=2)
    gate = Turnstile(tmp_path, 9)
    options = RunOptions(workers=2, allow_imports=TRUSTED)
    run = launch(preset_of(gate.text(), tmp_path), Store(tmp_path / "runs"), options)
    feed = Feed(run.folder)
    gate.wait(2)
    run.add(dict(POINT))
    run.add({"max_depth": 99, "min_impurity_decrease": 0.002, "criterion": "gini"})
    wait_until(lambda: (feed.poll(), "manual" in feed.state.methods)[1])
    run.folder.send('add:{"max_depth": 5, "min_impurity_decrease": 0.003, "criterion": "gini"}')
    run.folder.send("add:not json")
    wait_until(lambda: (feed.poll(), len(feed.state.methods["manual"].added) == 2)[1])
    gate.open()
    state = finish(run)
    assert state.phase == "done"
    by_hand = state.methods["manual"]
    assert [trial.params["max_depth"] for trial in in_order(by_hand)] == [4, 5]
    assert all(trial.manual and trial.phase == "done" for trial in by_hand.trials.values())
    assert by_hand.test_score is not None
    log = run.folder.log.read_text()
    assert "max_depth: 99 is outside 1 … 8" in log
    assert "not added" in log
    # the only one of them all that was scored once, though each search proposes what it would have
    searches = {name: rows for name, rows in trials_of(state).items() if name != "manual"}
    assert searches == trials_of(undisturbed)


def test_points_by_hand_are_tried_once_however_late_their_search_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_written = threading.Event()

    def late(points: Sequence[Point]) -> Manual:
        both_written.wait(LONG)
        return Manual(points)

    monkeypatch.setattr("tunetop.engine.run.launch.Manual", late)
    options = RunOptions(workers=1, methods=("random",), allow_imports=TRUSTED)
    gate = Turnstile(tmp_path)
    run = launch(preset_of(gate.text(FEW), tmp_path), Store(tmp_path / "runs"), options)
    feed = Feed(run.folder)
    for depth in (4, 5):
        run.add(POINT | {"max_depth": depth})
    wait_until(
        lambda: (feed.poll(), "manual" in feed.state.methods and len(feed.state.methods["manual"].added) == 2)[1]
    )
    both_written.set()
    gate.open()
    trials = in_order(finish(run).methods["manual"])
    assert [trial.params["max_depth"] for trial in trials] == [4, 5]


def test_a_trial_by_hand_survives_a_stop_and_a_finished_run_takes_more(tmp_path: Path) -> None:
    options = RunOptions(workers=1, methods=("random",), allow_imports=TRUSTED)
    gate = Turnstile(tmp_path)
    run = launch(preset_of(gate.text(FEW), tmp_path), Store(tmp_path / "runs"), options)
    feed = Feed(run.folder)
    run.add(dict(POINT))
    wait_until(lambda: (feed.poll(), "manual" in feed.state.methods)[1])
    run.stop_now()
    assert finish(run).phase == "stopped"
    gate.open()
    state = finish(resume(run.folder, RunOptions(workers=2, allow_imports=TRUSTED)))
    assert [trial.params for trial in in_order(state.methods["manual"])] == [POINT]
    options = RunOptions(workers=2, allow_imports=TRUSTED)
    state = finish(resume(run.folder, options, add=[POINT | {"max_depth": 7}]))
    assert [trial.params["max_depth"] for trial in in_order(state.methods["manual"])] == [4, 7]
    assert state.methods["random"].finished == 3


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("score = 0.9", "a score of 0.9 was reached"),
        ("no_improvement = 5", "no improvement in 5 trials"),
    ],
)
def test_a_rule_ends_a_method_at_the_same_trial_on_any_workers(tmp_path: Path, rule: str, reason: str) -> None:
    text = TREE.replace("trials = 12", "trials = 60").replace("[score]", f"[stop]\n{rule}\n[score]")
    found = [
        run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=workers, methods=("random",))
        for workers in (1, 4)
    ]
    assert trials_of(found[0]) == trials_of(found[1])
    random = found[0].methods["random"]
    assert random.phase == "done"
    assert random.result is not None
    assert random.result.reason == reason
    assert random.finished < 60
    assert random.test_score is not None
    means = [trial.mean or 0 for trial in in_order(random)]
    ruled = [
        any(mean >= 0.9 for mean in means[: n + 1])
        if "score" in rule
        else n >= 5 and max(means[: n - 4]) >= max(means[: n + 1])
        for n in range(len(means))
    ]
    # by its score none follows trial n, where the rule holds first; else those that were open by then are finished
    assert random.finished == ruled.index(True) + (1 if "score" in rule else 8)


def test_a_method_ends_when_its_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = BRISK.replace("trials = 12", "trials = 2000").replace("[score]", "[stop]\nseconds = 600\n[score]")
    options = RunOptions(workers=2, methods=("random",), allow_imports=TRUSTED)
    clock = HandClock(monkeypatch)
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), options)
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), feed.state.finished_trials >= 3)[1])
    clock.let_pass(600)
    random = finish(run).methods["random"]
    assert random.phase == "done"
    assert random.result is not None
    assert random.result.reason == "its 600 s were over"
    assert 0 < random.finished < 2000
    assert random.test_score is not None


ENDLESS = """
title = "One of its values never ends"
[data]
source = "sklearn:iris"
stratify = true
[model]
estimator = "failing_estimators.Slow"
params = { random_state = 0 }
[space]
seconds = [0.0, 900.0]
[score]
scoring = "accuracy"
folds = 3
[stop]
STOP
[[method]]
kind = "grid"
[[method]]
kind = "random"
trials = 3
seed = 1
"""


def timed_out(
    clock: HandClock, preset: str, folder: Path, workers: int, stuck: tuple[str, int], *more: str
) -> RunState:
    """Run what never ends by itself, let time pass once a trial is stuck and nothing else goes on, and return it."""
    options = RunOptions(workers=workers, allow_imports=TRUSTED, methods=more or None)
    run = launch(preset_of(preset, folder), Store(folder / "runs"), options)
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), [job[:2] for job in feed.state.running_jobs] == [stuck] and clock.timed == 1)[1])
    # a second more: the last of several folds in one go may begin late, and has its whole time
    clock.let_pass(600 + 2 * CHUNK_SECONDS)
    return finish(run)


@pytest.mark.parametrize("workers", [1, 2])
def test_its_time_ends_the_folds_of_a_short_method_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    text = ENDLESS.replace("STOP", "seconds = 600")
    state = timed_out(HandClock(monkeypatch), text, tmp_path, workers, ("grid", 1), "grid")
    assert state.phase == "done"
    grid = state.methods["grid"]
    assert grid.result is not None
    assert grid.result.reason == "its 600 s were over"
    assert grid.best is not None
    assert grid.best.params["seconds"] == 0.0
    assert grid.test_score is not None
    assert grid.trials[1].error == "ended when its 600 s were over"


def test_the_runs_time_ends_methods_that_have_not_begun_and_the_baseline_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = ENDLESS.replace("STOP", "total_seconds = 600").replace("{ random_state = 0 }", "{ seconds = 900.0 }")
    state = timed_out(HandClock(monkeypatch), text, tmp_path, 1, ("baseline", 0))
    assert state.phase == "done"
    reasons = {name: method.result.reason for name, method in state.methods.items() if method.result}
    assert set(reasons.values()) == {"the 600 s of the run were over"}
    (failed,) = state.methods["baseline"].trials.values()
    assert failed.error == "ended when the 600 s of the run were over"
    assert state.methods["random"].phase == "skipped"


def test_the_baseline_is_bounded_by_the_time_of_a_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = ENDLESS.replace("STOP", "seconds = 600").replace("{ random_state = 0 }", "{ seconds = 900.0 }")
    text = text.replace("[0.0, 900.0]", "[0.0]")
    state = timed_out(HandClock(monkeypatch), text, tmp_path, 2, ("baseline", 0), "random")
    (failed,) = state.methods["baseline"].trials.values()
    assert failed.error == "ended when its 600 s were over"
    assert state.methods["random"].test_score is not None


def test_the_command_line_adds_to_runs_that_are_going_and_that_were_stopped(
    warmed: Warmed, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(tmp_path / "runs"))
    gate = Turnstile(tmp_path)
    options = RunOptions(1, ("random",), False, TRUSTED)
    run = launch(preset_of(gate.text(FEW), tmp_path), Store(tmp_path / "runs"), options)
    path, point = str(run.folder.path), ["max_depth=4", "min_impurity_decrease=0.002", "criterion=entropy"]
    assert main(["add", path, *point]) == 0
    assert capsys.readouterr().out == f"{run.folder.id}: will try {', '.join(point)}\n"
    run.stop_now()
    assert finish(run).methods["manual"].added == [POINT]
    gate.open()
    file = run.folder.preset_file
    text = file.read_text()
    file.write_text(text.replace("[1, 8]", "[1, 9]"))
    assert main(["add", path, "max_depth=9", *point[1:]]) == 2
    assert "was changed since the run began" in capsys.readouterr().err
    file.write_text(text)
    stopped = warmed.run("add", path, "max_depth=7", *point[1:], "--allow-import", "failing_estimators")
    assert stopped.returncode == 0, stopped.stderr
    assert f"{run.folder.id} was stopped: it goes on, with this trial" in stopped.stdout
    state = load_state(run.folder)[0]
    assert state.phase == "done"
    assert [trial.params["max_depth"] for trial in in_order(state.methods["manual"])] == [4, 7]


def test_the_command_line_adds_trials_and_goes_on(
    warmed: Warmed, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(tmp_path / "runs"))
    run = ended(TREE, tmp_path)
    assert main(["add", str(run.folder.path), "max_depth=4", "criterion=entropy"]) == 2
    assert "min_impurity_decrease is missing" in capsys.readouterr().err
    added = warmed.run("add", run.folder.id, "max_depth=4", "criterion=entropy", "min_impurity_decrease=0.002")
    assert added.returncode == 0, added.stderr
    assert "By hand" in added.stdout or "manual" in added.stdout
    longer = warmed.run("resume", run.folder.id, "--trials", "random=15", "--headless", "--json")
    assert longer.returncode == 0, longer.stderr
    feed = Feed(run.folder)
    feed.poll()
    assert feed.state.methods["random"].finished == 15
    assert feed.state.methods["manual"].trials[0].params == POINT
    assert main(["resume", str(run.folder.path), "--trials", "random=3", "--headless"]) == 2
    assert "more than the 15 it has" in capsys.readouterr().err
