"""What a screen was asked to begin is begun once, also where the screen is lost before it gets to it."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from tunetop.engine.errors import UsageError
from tunetop.tui.app.launcher import Launcher


def launcher_of(launch: Any) -> Launcher:
    return Launcher(SimpleNamespace(), None, launch=launch)  # type: ignore[arg-type]


def test_the_run_that_was_asked_for_is_begun_once_by_whoever_needs_it_first() -> None:
    launched: list[Any] = []
    gate = threading.Event()

    def launch(preset: Any, *_: Any) -> Any:
        gate.wait()
        launched.append(preset)
        return SimpleNamespace(preset=preset)

    launcher = launcher_of(launch)
    begin = launcher.launch(lambda: "preset", {})  # type: ignore[arg-type, return-value]
    made: list[Any] = []
    screen = threading.Thread(target=lambda: made.append(begin()))
    screen.start()
    gate.set()
    latest = launcher.latest()
    screen.join()
    assert launched == ["preset"]
    assert made == [(latest, "preset")]
    assert launcher.latest() is latest


def test_what_kept_a_run_from_beginning_is_told_to_everybody() -> None:
    def launch(*_: Any) -> Any:
        raise UsageError("no room")

    launcher = launcher_of(launch)
    begin = launcher.launch(lambda: "preset", {})  # type: ignore[arg-type, return-value]
    assert launcher.latest() is None
    assert str(launcher.failure) == "no room"
    with pytest.raises(UsageError, match="no room"):
        begin()


def test_an_interrupt_takes_back_what_has_not_begun() -> None:
    launcher = launcher_of(lambda *_: SimpleNamespace())
    launcher.launch(lambda: "preset", {})  # type: ignore[arg-type, return-value]
    launcher.withdraw()
    assert launcher.latest() is None
    assert launcher.withdrawn
    begin = launcher.launch(lambda: "preset", {})  # type: ignore[arg-type, return-value]
    begin()
    launcher.withdraw()
    assert launcher.latest() is not None
    assert not launcher.withdrawn


def test_nothing_that_was_asked_for_is_nothing_to_take_back() -> None:
    launcher = launcher_of(lambda *_: SimpleNamespace())
    launcher.withdraw()
    assert launcher.latest() is None
    assert not launcher.withdrawn
