"""`tunetop doctor` says what is here, and what is in the way."""

from __future__ import annotations

import importlib.metadata
import json
import os
import tomllib
from pathlib import Path

import matplotlib
import pytest
import sklearn
from tunetop.tui.cli import doctor
from tunetop.tui.cli.main import main


def test_it_tells_versions_extras_and_the_runs_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json", "--runs-dir", str(tmp_path / "runs")])
    found = json.loads(capsys.readouterr().out)
    assert {"what": "package", "found": f"scikit-learn {sklearn.__version__}", "trouble": ""} in found
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    extras = [one["found"].split(":")[0] for one in found if one["what"] == "extra"]
    assert extras == [name for name in declared["optional-dependencies"] if name not in ("tests", "dev")]
    assert f"extra matplotlib {matplotlib.__version__}" in [
        f"{one['what']} {one['found'].removeprefix('figures: ')}" for one in found
    ]
    assert any(one["what"] == "runs folder" and str(tmp_path) in one["found"] for one in found)
    assert code == (1 if any(one["trouble"] for one in found) else 0)
    assert not (tmp_path / "runs").exists()


def test_what_is_missing_is_told_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package",))
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: ["no-such-module>=1; extra == 'model'", "numpy>=2"])
    (tmp_path / "file").write_text("")
    assert main(["doctor", "--runs-dir", str(tmp_path / "file" / "runs")]) == 1
    out = capsys.readouterr().out
    assert "not installed" in out
    assert "pip install 'tunetop[model]'" in out
    assert "cannot be written to" in out


@pytest.mark.parametrize(("size", "told"), [((80, 24), False), ((80, 10), True), ((40, 50), True)])
def test_a_window_too_small_for_the_screen_is_told_of(
    size: tuple[int, int], told: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor.shutil, "get_terminal_size", lambda: os.terminal_size(size))
    monkeypatch.setattr(doctor.sys.stdout, "isatty", lambda: True, raising=False)
    terminal = next(one for one in doctor.findings(tmp_path) if one[0] == "terminal")
    assert ("the screen needs 60x16" in terminal[2]) == told


def test_help_ends_in_examples_whose_commands_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    examples = capsys.readouterr().out.split("Examples:")[1].splitlines()
    commands = [line.split()[1] for line in examples if line.strip().startswith("tunetop ")]
    assert len(commands) == 6
    for command in commands:
        assert main([command, "--help"]) == 0
