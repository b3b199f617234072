"""A race on disk: its owner's alone, of one preset and one set of data, and patient with a full disk."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from racing import METHODS, QUICK, begun, ended, made
from running import preset_of, trials_of, wait_until
from tunetop.engine.errors import StoreError, UsageError
from tunetop.engine.files import UnsafePath
from tunetop.engine.record.journal import JournalDamaged
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.engine.tournament import conductor
from tunetop.engine.tournament import folder as races
from tunetop.engine.tournament.conductor import Tournament
from tunetop.engine.tournament.folder import TournamentFolder
from tunetop.tui.cli.main import main
from tunetop.tui.cli.race import _Wanted

CSV = QUICK.replace('"sklearn:iris"', '"csv:data.csv"\ntarget = "kind"')


def write_data(folder: Path, first: float = 0.0) -> None:
    rows = [f"{first if row == 0 else row * 7 % 40},{row * 11 % 60},{'abc'[row % 3]}" for row in range(90)]
    (folder / "data.csv").write_text("\n".join(["one,two,kind", *rows]) + "\n")


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> TournamentFolder:
    """A race of two seeds that is done, with copies of its files elsewhere, and its data."""
    root = tmp_path_factory.mktemp("race")
    write_data(root)
    store, preset = Store(root / "runs"), preset_of(CSV, root)
    folder = races.create(store, preset, METHODS, (0, 1), root / "made" / "out")
    assert ended(begun(folder)).outcome == "done"
    return folder


@pytest.fixture
def race(over: TournamentFolder, tmp_path: Path) -> TournamentFolder:
    """A copy of it, with room for a third seed; the data are where they were."""
    shutil.copytree(over.store.root, tmp_path / "runs")
    folder = TournamentFolder(tmp_path / "runs" / "races" / over.id)
    folder.write(msgspec.structs.replace(folder.read(), seeds=[0, 1, 2], to=""))
    return folder


def data_of(over: TournamentFolder) -> Path:
    return over.store.root.parent


def test_a_race_and_what_it_writes_elsewhere_are_its_owners_alone(over: TournamentFolder) -> None:
    root = data_of(over)
    found = [path for top in (over.path, root / "made") for path in (top, *top.rglob("*"))]
    assert {"race.json", "race.md", "race.csv", "plan.json", "preset.toml", "lock", "out"} <= {p.name for p in found}
    for path in found:
        assert stat.S_IMODE(path.lstat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_race_goes_on_with_the_preset_that_it_began_with(race: TournamentFolder) -> None:
    file = race.path / "preset.toml"
    text = file.read_text()
    file.write_text(text.replace("folds = 2", "folds = 3"))
    with pytest.raises(StoreError, match=r"preset\.toml was changed since the race began; put it back"):
        Tournament(race)
    assert not race.is_locked()
    file.write_text("# a word beside it\n" + text)
    assert ended(begun(race)).outcome == "done"


def test_seeds_of_other_data_are_not_compared(over: TournamentFolder, race: TournamentFolder) -> None:
    root = data_of(over)
    runs = len(race.store.list())
    write_data(root, first=39.5)
    try:
        # a run of the same preset and seed, but of the other data: it is not taken for the third seed's
        stranger = launch(race.preset(race.read(), 2), race.store, RunOptions(2, METHODS))
        assert stranger.finished.wait(300)
        refused = ended(begun(race, adopt=True))
        assert refused.outcome == "failed"
        assert isinstance(refused.error, UsageError)
        first = race.read().runs[0]
        assert f"data.csv changed since {first} began (another fingerprint); put it back" in str(refused.error)
        assert len(race.store.list()) == runs + 1
    finally:
        write_data(root)
    plan = race.read()
    race.write(msgspec.structs.replace(plan, runs=plan.runs | {2: stranger.folder.id}))
    refused = ended(begun(race))
    assert f"{stranger.folder.id} had other data than {first}" in str(refused.error)
    race.write(plan)
    race_again = ended(begun(race, adopt=True))
    assert race_again.outcome == "done"
    assert race_again.plan.runs[2] != stranger.folder.id


def test_a_seed_whose_journal_is_damaged_does_not_count_as_done(race: TournamentFolder) -> None:
    plan = race.read()
    run = race.run(plan, 1)
    assert run is not None
    whole = run.journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    run.journal.write_bytes(b"".join([*lines[:9], b"garbage\n", *lines[10:]]))
    refused = ended(begun(race))
    assert refused.outcome == "failed"
    assert isinstance(refused.error, JournalDamaged)
    assert refused.error.exit_code == 4
    # a torn end, on the other hand, is mended
    run.journal.write_bytes(whole + b"torn")
    before = trials_of(load_state(run)[0])
    assert ended(begun(race)).outcome == "done"
    assert load_state(run)[1] == ""
    assert trials_of(load_state(run)[0]) == before


class FullAtFirst:
    """A disk without room for a new run, until there is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = False
        self.refused = 0
        whole = conductor.launch

        def launched(*arguments: Any, **options: Any) -> Any:
            if not self.room:
                self.refused += 1
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return whole(*arguments, **options)

        monkeypatch.setattr(conductor, "launch", launched)
        monkeypatch.setattr(conductor, "PATIENCE", 0.002)


def test_a_full_disk_between_two_seeds_only_delays_the_race(
    race: TournamentFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullAtFirst(monkeypatch)
    going = begun(race)
    wait_until(lambda: disk.refused >= 3)
    assert going.trouble == f"paused until there is room: [Errno {errno.ENOSPC}] {os.strerror(errno.ENOSPC)}"
    disk.room = True
    assert ended(going).outcome == "done"
    assert going.trouble == ""
    assert list(going.done) == [0, 1, 2]


def test_a_race_that_waits_for_room_can_be_stopped(race: TournamentFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FullAtFirst(monkeypatch)
    going = begun(race)
    wait_until(lambda: disk.refused)
    going.stop()
    assert ended(going).outcome == race.read().state == "stopped"
    assert json.loads((race.path / "race.json").read_text())["state"] == "stopped"


def test_a_race_can_be_told_to_stop_at_once_in_the_middle_of_being_told_to_stop(race: TournamentFolder) -> None:
    going = Tournament(race)

    class Interrupted:
        """A run, in the middle of whose stopping a signal comes in: the same thread hears of it."""

        stop_now = staticmethod(lambda: None)

        def stop(self) -> None:
            going.stop_now()

    going._run = Interrupted()  # type: ignore[assignment]
    asking = threading.Thread(target=going.stop, daemon=True)
    asking.start()
    asking.join(300)
    assert not asking.is_alive()
    going._lock.close()


def test_links_planted_in_a_races_folder_are_not_followed(race: TournamentFolder, tmp_path: Path) -> None:
    precious, nowhere, to = tmp_path / "precious", tmp_path / "nowhere", tmp_path / "to"
    precious.write_text("keep me")
    to.mkdir()
    race.write(msgspec.structs.replace(race.read(), to=str(to)))
    for folder, name, target in [
        (race.path, "race.json", precious),
        (race.path, "race.md", nowhere),
        (to, "race.json", nowhere),
        (to, "race.csv", precious),
    ]:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)
    # the plan is read through a link, as anything may be, but never written through it
    shutil.copy(race.plan_file, tmp_path / "plan")
    race.plan_file.unlink()
    race.plan_file.symlink_to(tmp_path / "plan")
    planned = (tmp_path / "plan").read_bytes()
    assert ended(begun(race)).outcome == "done"
    assert (precious.read_text(), nowhere.exists(), (tmp_path / "plan").read_bytes()) == ("keep me", False, planned)
    for folder in (race.path, to):
        assert all((folder / name).is_file() and not (folder / name).is_symlink() for name in races.FILES)
    (race.path / "lock").unlink()
    (race.path / "lock").symlink_to(nowhere)
    with pytest.raises(UnsafePath, match="lock is not a plain file"):
        Tournament(race)
    assert not nowhere.exists()


def test_a_race_writes_over_nobodys_files_unless_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    preset, out, runs = tmp_path / "small.toml", tmp_path / "out", tmp_path / "runs"
    preset.write_text(QUICK)
    out.mkdir()
    (out / "race.csv").symlink_to(tmp_path / "nowhere")
    command = ["race", str(preset), "--headless", "--to", str(out), "--runs-dir", str(runs)]
    assert main(command) == 2
    assert f"{out / 'race.csv'} exists already; --force replaces it" in capsys.readouterr().err
    assert not runs.exists()
    # one that is gone on with may write its own files anew, but not those of another folder
    folder = made(tmp_path)
    folder.write(msgspec.structs.replace(folder.read(), to=str(out)))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "race.md").write_text("mine")
    again = ["race", str(folder.path), "--resume", "--headless", "--runs-dir", str(runs)]
    assert main([*again, "--to", str(tmp_path / "other")]) == 2
    assert "race.md exists already" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main([*again, "--to", str(tmp_path / "file")]) == 2
    assert "file is a file, and a folder is wanted there" in capsys.readouterr().err
    assert folder.read().to == str(out)
    assert (tmp_path / "other" / "race.md").read_text() == "mine"
    _Wanted(None, None, None, None, {}, tmp_path / "other", force=True).make_target()
