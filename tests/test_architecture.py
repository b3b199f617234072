"""What the layout promises: arrows point one way, and nothing heavy is imported before it is needed."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import setuptools
import typer
from tunetop.tui.cli.commands import OF_ALL, WHERE, program

ROOT = Path(__file__).resolve().parent.parent
SCREENS = {"textual", "rich", "plotext"}


def _modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _imports(path: Path) -> set[str]:
    """Return what a file imports, wherever in it: absolute names, and relative ones as written."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


@pytest.mark.parametrize("path", _modules("engine"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_engine_knows_no_screen(path: Path) -> None:
    for name in _imports(path):
        assert name.split(".")[0] not in SCREENS
        assert not name.lstrip(".").startswith("tui")


@pytest.mark.parametrize("path", _modules("tui/render") + _modules("tui/views"), ids=lambda path: path.name)
def test_drawing_knows_no_textual(path: Path) -> None:
    assert not any(name.split(".")[0] == "textual" for name in _imports(path))


@pytest.mark.parametrize("path", _modules("engine/search"), ids=lambda path: path.name)
def test_searches_know_only_the_space(path: Path) -> None:
    depth = len(path.relative_to(ROOT / "engine" / "search").parts)
    rooms = {name.lstrip(".").split(".")[0] for name in _imports(path) if name.startswith("." * (depth + 1))}
    assert rooms <= {"space", "events", "errors", ""}


def _loaded_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after `code`."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sorted(sys.modules))"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("command", ["list", "stop", "attach", "doctor"])
def test_commands_that_only_look_load_nothing_that_searches(command: str) -> None:
    loaded = _loaded_after(f"from tunetop.tui.cli.commands import program; program({command!r})")
    assert "typer" in loaded
    assert not loaded & {"numpy", "pandas", "scipy", "sklearn", "textual", "tunetop.engine.run.launch"}


def test_every_command_is_found_where_it_is_said_to_be() -> None:
    for name, module in WHERE.items():
        commands: Any = typer.main.get_command(program(name))
        assert name in commands.commands
        if name in OF_ALL:
            assert list(commands.commands) == list(WHERE)
            continue
        assert set(commands.commands) == {other for other, place in WHERE.items() if place == module}
    whole: Any = typer.main.get_command(program())
    assert list(whole.commands) == list(WHERE)


def test_nothing_heavy_is_imported_before_the_first_paint() -> None:
    rooms = ("tui.cli.main", "tui.cli.screen", "tui.app.app", "tui.screens.picker.screen", "engine.workers.warm")
    loaded = _loaded_after("import " + ", ".join(f"tunetop.{room}" for room in rooms))
    assert "textual.app" in loaded
    assert not {"sklearn", "scipy", "numpy", "plotext", "typer"} & loaded


def test_the_package_brings_only_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    built: dict[str, object] = {}
    monkeypatch.setattr(setuptools, "setup", lambda **options: built.update(options))
    monkeypatch.chdir(ROOT)
    runpy.run_path("setup.py")
    folders = {
        ".".join(("tunetop", *path.parent.relative_to(ROOT).parts))
        for room in ("engine", "tui", "presets")
        for path in (ROOT / room).rglob("*.py")
    }
    packages = built["packages"]
    assert isinstance(packages, list)
    assert sorted(packages) == sorted({"tunetop", "tunetop.presets.data"} | folders)


def test_the_command_line_loads_no_screen_before_one_is_shown() -> None:
    loaded = _loaded_after("from tunetop.tui.cli.commands import program; program()")
    assert not loaded & {"textual", "plotext", "sklearn", "optuna", "matplotlib", "distributed"}
