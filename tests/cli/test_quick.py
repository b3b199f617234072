"""The short way to the picker: it says what the command line's library would say, or leaves it to that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tunetop.engine.record.store import Store
from tunetop.tui.cli import commands, screen
from tunetop.tui.cli.main import _parse, main
from tunetop.tui.cli.quick import SWITCHES, picker_options

WORDS = [
    *SWITCHES,
    "--runs-dir",
    "--runs-dir=here",
    "there",
    "--version",
    "--help",
    "list",
    "-",
    "--",
    "--mous",
    "=",
    "",
]


class Opened:
    """Notes what the screen is opened with."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def __call__(self, store: Store, **said: Any) -> int:
        self.calls.append({"root": store.root, "ssh": None, "mouse": True} | said)
        return 0


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(arguments=st.lists(st.sampled_from(WORDS), max_size=5))
def test_options_mean_what_they_mean_to_the_library(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if picker_options(arguments) is None:
        return
    opened = Opened()
    monkeypatch.setattr(screen, "open_screen", opened)
    monkeypatch.setattr(commands, "open_screen", opened)
    assert main(arguments) == 0
    assert _parse(arguments) == 0
    quick, whole = opened.calls
    assert quick == whole
    capsys.readouterr()


def test_options_of_the_picker_take_the_short_way(tmp_path: Path) -> None:
    assert picker_options([]) == {}
    assert picker_options(["--runs-dir", str(tmp_path), "--no-mouse"]) == {"runs_dir": str(tmp_path), "mouse": False}
    assert picker_options(["--ssh", "--no-ssh"]) == {"ssh": False}


@pytest.mark.parametrize("arguments", [["--runs-dir"], ["--runs-dir="], ["--runs-dir", "--ssh"], ["run"], ["--sshh"]])
def test_all_else_is_left_to_the_library(arguments: list[str]) -> None:
    assert picker_options(arguments) is None
