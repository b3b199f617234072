"""A race is a row of ordinary runs: nothing of them is lost, and nothing is run twice."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from racing import METHODS, begun, counted, ended, fits_before, made
from running import trials_of, wait_until
from tunetop.engine.errors import StoreError
from tunetop.engine.preset.preset import load as load_preset
from tunetop.engine.record.lock import RunLocked
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.run.launch import RunOptions
from tunetop.engine.tournament import folder as races
from tunetop.engine.tournament.conductor import Tournament
from tunetop.tui.sessions.tournament import TournamentFeed
from turnstile import Turnstile


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Tournament:
    folder = tmp_path_factory.mktemp("undisturbed")
    return ended(begun(made(folder, text=counted(folder / "ledger"))))


def test_every_seed_is_a_run_of_its_own_and_the_files_say_what_they_found(undisturbed: Tournament) -> None:
    folder = undisturbed.folder
    plan = folder.read()
    assert (undisturbed.outcome, plan.state, folder.is_locked()) == ("done", "done", False)
    assert list(plan.runs) == plan.seeds == [0, 1, 2]
    for seed in plan.seeds:
        run = folder.run(plan, seed)
        assert run is not None
        state = load_state(run)[0]
        assert [state.methods[name].plan.seed for name in METHODS] == [seed, seed]
        assert "grid" not in state.methods
    summary = json.loads((folder.path / "race.json").read_text())
    assert summary == msgspec.to_builtins(undisturbed.summary)
    assert (summary["state"], summary["planned_seeds"], summary["runs"]) == ("done", 3, list(plan.runs.values()))


def test_a_stopped_race_compares_what_is_done_and_goes_on_with_what_is_missing(
    undisturbed: Tournament, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    # of the last seed's run enough for more than three trials, whichever folds come first
    passed = fits_before(2, undisturbed, undisturbed.folder.store.root.parent / "ledger") + 16
    gate = Turnstile(tmp_path, passed)
    folder = made(tmp_path, text=counted(ledger, gate))
    race = begun(folder)
    feed = TournamentFeed(folder)
    with pytest.raises(RunLocked):
        Tournament(folder)
    wait_until(lambda: feed.poll() and feed.current == 2 and feed.feeds[2].state.finished_trials > 3)
    race.stop()
    gate.open()
    assert ended(race).outcome == "stopped"
    assert folder.read().state == "stopped"
    summary = json.loads((folder.path / "race.json").read_text())
    assert (summary["seeds"], summary["planned_seeds"], summary["state"]) == ([0, 1], 3, "stopped")
    assert "over 2 of 3 planned seeds" in (folder.path / "race.md").read_text()
    fitted = ledger.read_text()
    # killed just after a run had begun, a race knows nothing of it: it is found again
    plan = folder.read()
    folder.write(msgspec.structs.replace(plan, runs={0: plan.runs[0]}))
    again = ended(begun(folder, adopt=True))
    assert again.outcome == "done", again.trouble
    assert again.plan.runs == plan.runs
    assert [trials_of(state) for state in again.done.values()] == [
        trials_of(state) for state in undisturbed.done.values()
    ]
    # of seeds 0 and 1 nothing was fitted again, of seed 2 only what was not finished
    later = ledger.read_text().removeprefix(fitted)
    assert 0 < later.count("\n") < fitted.count("\n") / 2
    assert set(Counter(again.plan.runs.values()).values()) == {1}


def test_a_race_that_is_done_runs_nothing_again_and_more_seeds_only_themselves(undisturbed: Tournament) -> None:
    folder, plan = undisturbed.folder, undisturbed.folder.read()
    before = {run.id: run.journal.read_bytes() for run in folder.store.list()}
    assert ended(begun(folder)).outcome == "done"
    folder.write(msgspec.structs.replace(plan, seeds=[0, 1, 2, 3]))
    assert ended(begun(folder)).outcome == "done"
    after = {run.id: run.journal.read_bytes() for run in folder.store.list()}
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 1
    folder.write(plan)


def test_a_seed_that_cannot_begin_ends_the_race_with_its_reason(tmp_path: Path) -> None:
    folder = made(tmp_path, text=counted(tmp_path / "ledger"))
    race = Tournament(folder, RunOptions(2, METHODS))
    race.start()
    assert ended(race).outcome == "failed"
    assert race.error is not None
    assert race.error.exit_code == 2
    assert "--allow-import" in folder.read().reason


def test_races_are_found_by_name_path_preset_or_what_they_say(undisturbed: Tournament, tmp_path: Path) -> None:
    folder = undisturbed.folder
    store = folder.store
    assert folder.id == "small-race-1"
    for ref in ("small-race-1", str(folder.path), "small", "small.toml", None):
        assert races.find(store, ref) == folder
    with pytest.raises(StoreError, match=r"there is no race 'other' in .*: there are small-race-1"):
        races.find(store, "other")
    preset = load_preset(folder.path / "preset.toml")
    assert races.alike(store, preset, METHODS) == folder
    with pytest.raises(StoreError, match="was not raced yet"):
        races.alike(store, preset, ["random"])
    (folder.path / "copy").mkdir()
    (folder.path / "copy" / "plan.json").write_text("{")
    with pytest.raises(StoreError, match="holds no race that can be read"):
        races.TournamentFolder(folder.path / "copy").read()
