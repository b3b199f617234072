"""A run that is gone on with: half-done trials start over and are counted, and what is not as it was is refused."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from app_runs import app_for, text_of, until
from running import TREE, TRUSTED, finish, preset_of, troubles
from tunetop.engine.errors import PresetError, UsageError
from tunetop.engine.record.journal import Disk, JournalDamaged
from tunetop.engine.record.run_folder import RunFolder
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch, resume
from tunetop.tui.cli.main import main
from turnstile import Turnstile


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run that is done, of data beside its preset."""
    folder = tmp_path_factory.mktemp("over")
    rows = "\n".join(f"{i},{i * 7 % 5},{'yes' if i % 3 else 'no'}" for i in range(60))
    (folder / "data.csv").write_text(f"a,b,label\n{rows}\n")
    text = TREE.replace('source = "sklearn:iris"', 'source = "csv:data.csv"\ntarget = "label"')
    run = launch(preset_of(text, folder), Store(folder / "runs"), RunOptions(workers=1, methods=("random",)))
    assert finish(run).phase == "done"
    return run.folder


def test_a_half_done_trial_starts_over_with_a_counted_attempt(tmp_path: Path) -> None:
    # four of the baseline's, and one of the six of two trials
    gate = Turnstile(tmp_path, 5)
    options = RunOptions(workers=2, methods=("random",), allow_imports=TRUSTED)
    text = gate.text().replace("trials = 12", "trials = 2")
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), options)
    gate.wait(2)
    run.stop_now()
    before = finish(run)
    gate.open()
    half_done = {trial.key for trial in before.trials if trial.phase == "running"}
    assert half_done
    state = finish(resume(run.folder, options))
    assert state.phase == "done"
    for trial in state.trials:
        assert trial.attempt == (2 if trial.key in half_done else 1), trial.key
        assert len(trial.fit_seconds) == 3


def test_deaths_of_workers_are_counted_across_the_lives_of_a_run(tmp_path: Path) -> None:
    class FailsAtTheThirdAttempt(Disk):
        def write(self, fd: int, data: bytes) -> int:
            if b'"lost":2' in data:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super().write(fd, data)

    text = troubles("kill").replace('"", "kill"', '"kill"').replace("grid = [1, 2, 3, 4]", "grid = [1]")
    options = RunOptions(workers=1, allow_imports=TRUSTED)
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), options, disk=FailsAtTheThirdAttempt())
    assert finish(run).methods["grid"].trials[0].lost == 1
    state = finish(resume(run.folder, options))
    (trial,) = state.methods["grid"].trials.values()
    assert trial.phase == "failed"
    assert trial.error.endswith("3 workers died over this trial")
    # the first two here, then the one that was not written down once more, and the third death
    assert trial.attempt == 4
    assert state.phase == "done"


def test_a_run_whose_data_or_preset_are_gone_or_spoilt_is_left_as_it_was(over: RunFolder) -> None:
    data, preset = over.path.parent.parent / "data.csv", over.preset_file
    before = over.journal.read_bytes()
    for file, said in ((data, r"data\.csv cannot be read: No such file"), (preset, "cannot be read: No such file")):
        file.rename(file.with_suffix(".away"))
        with pytest.raises(PresetError, match=said):
            resume(over)
        file.with_suffix(".away").rename(file)
    text = preset.read_text()
    preset.write_text("[[[")
    with pytest.raises(PresetError, match=r"preset\.toml: not TOML"):
        resume(over)
    preset.write_text(text)
    rows = data.read_text()
    data.write_text(rows.replace("yes", "no", 1))
    with pytest.raises(UsageError, match=rf"changed since {over.id} began \(another fingerprint\); put it back"):
        resume(over)
    data.write_text(rows)
    assert over.journal.read_bytes() == before
    assert not over.is_locked()
    # what is only written otherwise is no change
    preset.write_text(f"# a word beside it\n{text}")
    assert finish(resume(over)).phase == "done"


async def test_a_journal_damaged_in_its_middle_is_shown_with_a_banner_and_not_gone_on_with(
    over: RunFolder, tmp_path: Path
) -> None:
    folder = RunFolder(shutil.copytree(over.path, tmp_path / "runs" / "damaged-1"))
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    folder.journal.write_bytes(b"".join([*lines[:7], b"garbage\n", *lines[8:]]))
    with pytest.raises(JournalDamaged, match=r"line 8 \(byte \d+\) is damaged.* attach, show and export still read it"):
        resume(folder)
    app = app_for(tmp_path, store=Store(folder.path.parent), folder=folder)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "journal damaged: line 8 (byte" in text_of(app) and "done" in text_of(app))


def test_a_run_that_another_process_runs_is_refused_by_its_name(
    over: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    with over.lock():
        assert main(["resume", str(over.path), "--headless"]) == 2
    assert f"{over.id} is being run by process {os.getpid()} on " in capsys.readouterr().err
