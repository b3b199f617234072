"""What a run does is the same however it is carried out, and it does what it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import LONG, TREE, TRUSTED, finish, preset_of, run_through, trials_of, wait_until
from tunetop.engine.errors import UsageError
from tunetop.engine.preset.preset import load
from tunetop.engine.record.inbox import send
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch, resume
from tunetop.engine.state import RunState
from tunetop.tui.cli.closing import stopping_words
from turnstile import Turnstile


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> RunState:
    folder = tmp_path_factory.mktemp("undisturbed")
    return run_through(preset_of(TREE, folder), folder / "runs", workers=2)


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers_and_order_do_not_change_what_is_found(
    undisturbed: RunState, tmp_path: Path, workers: int, together: bool
) -> None:
    state = run_through(preset_of(TREE, tmp_path), tmp_path / "runs", workers=workers, together=together)
    assert trials_of(state) == trials_of(undisturbed)
    assert state.phase == "done"


def test_the_titanic_preset_is_the_same_on_any_number_of_workers(tmp_path: Path) -> None:
    # of its grid's 140 combinations, many of which it refuses, these are as good as all
    preset = load("titanic_logistic", {"method.random.trials": 30})
    found = [
        trials_of(run_through(preset, tmp_path, workers=workers, together=together, methods=("random",)))
        for workers, together in ((1, False), (4, True))
    ]
    assert found[0] == found[1]


def test_a_candidate_scored_before_is_not_fitted_again(undisturbed: RunState) -> None:
    refine = undisturbed.methods["refine"]
    first_vertex = refine.trials[6]
    assert first_vertex.reused is not None
    assert not first_vertex.fit_seconds
    source = undisturbed.trial(first_vertex.reused)
    assert source is not None
    assert source.scores == first_vertex.scores


def test_the_files_of_a_finished_run_are_there_and_agree(tmp_path: Path) -> None:
    run = launch(preset_of(TREE, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2))
    state = finish(run)
    names = {path.name for path in run.folder.path.iterdir()}
    assert {"preset.toml", "journal.jsonl", "summary.json", "summary.md", "summary.csv", "trials.csv"} <= names
    assert not (run.folder.path / "work").exists()
    summary = json.loads(run.folder.summary_json.read_text())
    assert summary["state"] == "done"
    assert [method["trials"] for method in summary["methods"]] == [12, 12, len(state.methods["refine"].trials)]
    assert (run.folder.path / "trials.csv").read_text().count("\n") == 1 + len(state.trials)


def test_a_stopped_run_goes_on_to_the_same_end(undisturbed: RunState, tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    for fits in (3, 49, 89):
        folder = tmp_path / str(fits)
        folder.mkdir()
        gate = Turnstile(folder, fits)
        run = launch(preset_of(gate.text(), folder), store, RunOptions(workers=2, allow_imports=TRUSTED))
        gate.wait(2)
        run.stop()
        gate.open()
        assert finish(run).phase == "stopped"
        assert (run.folder.path / "summary.json").exists()
        again = resume(run.folder, RunOptions(workers=2, allow_imports=TRUSTED))
        state = finish(again)
        assert state.phase == "done"
        assert trials_of(state) == trials_of(undisturbed)
        fitted = [line for line in run.folder.journal.read_text().splitlines() if '"trial_finished"' in line]
        assert len(fitted) == len(state.trials)


def test_pause_holds_every_fold_until_it_is_lifted(tmp_path: Path) -> None:
    gate = Turnstile(tmp_path, 12)
    options = RunOptions(workers=2, allow_imports=TRUSTED)
    run = launch(preset_of(gate.text(), tmp_path), Store(tmp_path / "runs"), options)
    watch = _Watch(run.folder)
    gate.wait(2)
    run.pause()
    gate.open()
    wait_until(lambda: watch.state().phase == "paused" and not watch.state().running_jobs)
    # a trial whose folds are all there may still be summed up; no fold is begun or done
    held = watch.state().folds_done
    assert not run.finished.wait(0.4)
    assert (watch.state().folds_done, watch.state().running_jobs) == (held, {})
    run.unpause()
    assert finish(run).phase == "done"


def test_a_skipped_method_ends_with_its_winner_so_far(tmp_path: Path) -> None:
    # four fits of the baseline's; of the grid's 96, enough for three trials whatever folds are told together
    gate = Turnstile(tmp_path, 4 + 20)
    options = RunOptions(workers=2, allow_imports=TRUSTED)
    text = gate.text().replace("[1, 2, 3]", "[1, 2, 3, 4, 5, 6, 7, 8]")
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), options)
    watch = _Watch(run.folder)
    gate.wait(2)
    wait_until(lambda: watch.state().methods["grid"].finished >= 3)
    run.skip("grid")
    gate.open()
    state = finish(run)
    grid = state.methods["grid"]
    assert grid.phase == "skipped"
    assert grid.finished < 32
    assert all(trial.phase != "running" for trial in grid.trials.values())
    assert grid.test_score is not None
    assert state.methods["random"].finished == 12


def test_commands_reach_the_run_through_its_folder(tmp_path: Path) -> None:
    gate = Turnstile(tmp_path, 6)
    options = RunOptions(workers=2, allow_imports=TRUSTED)
    run = launch(preset_of(gate.text(), tmp_path), Store(tmp_path / "runs"), options)
    watch = _Watch(run.folder)
    gate.wait(2)
    run.folder.send("pause")
    wait_until(lambda: watch.state().phase == "paused")
    run.folder.send("unpause")
    wait_until(lambda: watch.state().phase == "running")
    run.folder.send("stop")
    wait_until(lambda: watch.state().phase == "stopping")
    gate.open()
    assert finish(run).phase == "stopped"


def test_stopping_at_once_gives_up_running_folds(tmp_path: Path) -> None:
    text = Turnstile(tmp_path).text()
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2, allow_imports=TRUSTED))
    watch = _Watch(run.folder)
    wait_until(lambda: watch.state().running_jobs)
    run.stop_now()
    assert run.finished.wait(LONG)
    assert load_state(run.folder)[0].phase == "stopped"
    assert not run.folder.is_locked()


def test_asked_a_second_time_to_stop_a_run_gives_up_running_folds(tmp_path: Path) -> None:
    text = Turnstile(tmp_path).text()
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=1, allow_imports=TRUSTED))
    watch = _Watch(run.folder)
    wait_until(lambda: watch.state().running_jobs)
    send(run.folder.path, "stop")
    wait_until(lambda: watch.state().phase == "stopping")
    assert stopping_words(watch.state(), False).startswith("asked to stop; it waits for baseline #0 fold 1, running ")
    assert not run.finished.wait(0.3)
    send(run.folder.path, "stop")
    assert run.finished.wait(LONG)
    assert load_state(run.folder)[0].phase == "stopped"


def test_resume_refuses_a_changed_preset_and_changed_data(tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{i * 7 % 5},{'yes' if i % 3 else 'no'}" for i in range(60))
    (tmp_path / "data.csv").write_text(f"a,b,label\n{rows}\n")
    text = TREE.replace('source = "sklearn:iris"', 'source = "csv:data.csv"\ntarget = "label"')
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2))
    finish(run)
    (tmp_path / "data.csv").write_text(f"a,b,label\n{rows}\n60,1,yes\n")
    with pytest.raises(UsageError, match=r"what is read from csv:.*data\.csv changed since"):
        resume(run.folder)
    (tmp_path / "data.csv").write_text(f"a,b,label\n{rows}\n")
    preset = run.folder.preset_file.read_text()
    run.folder.preset_file.write_text(preset.replace("folds = 3", "folds = 4"))
    with pytest.raises(UsageError, match="was changed"):
        resume(run.folder)
    run.folder.preset_file.write_text(preset)
    assert finish(resume(run.folder)).phase == "done"


def test_only_the_named_methods_run_beside_the_baseline(tmp_path: Path) -> None:
    state = run_through(preset_of(TREE, tmp_path), tmp_path / "runs", workers=1, methods=("random",))
    assert list(state.methods) == ["baseline", "random"]
    with pytest.raises(UsageError, match=r"has no method 'rondom'.*Did you mean random"):
        run_through(preset_of(TREE, tmp_path), tmp_path / "runs", methods=("rondom",))


def test_a_regressor_with_its_own_scorer_runs_and_is_judged_by_a_bootstrap(tmp_path: Path) -> None:
    text = """
title = "Ridge"
[data]
source = "sklearn:diabetes"
seed = 0
[model]
estimator = "sklearn.linear_model.Ridge"
prepare = ["standard"]
[space]
alpha = { log = [1e-3, 1e3], grid = [0.001, 10.0, 1000.0] }
[score]
scoring = "neg_mean_absolute_error"
folds = 4
[[method]]
kind = "grid"
"""
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2))
    state = finish(run)
    assert state.phase == "done"
    assert state.info is not None
    assert state.info.task == "regression"
    summary = json.loads(run.folder.summary_json.read_text())
    assert "permutation test p = " in summary["verdict"]
    assert "95 % interval of the difference by paired bootstrap" in summary["verdict"]


class _Watch:
    """A run's state, read from its journal as any other process would."""

    def __init__(self, folder) -> None:
        from tunetop.tui.sessions.run import Feed

        self._feed = Feed(folder)

    def state(self) -> RunState:
        self._feed.poll()
        return self._feed.state

    def finished(self) -> int:
        return self.state().finished_trials
