"""What a wheel must hold, and the versions that are the oldest which pyproject allows."""

from __future__ import annotations

import re
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("engine", "tui", "presets")
PAGES = {".md", ".svg", ".pyc"}
"""Kinds of files in a room that are for whoever reads the sources."""


def project() -> dict:
    """Return the table `project` of pyproject."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]


def expected() -> set[str]:
    """Return the files that an installation must have."""
    rooms = {
        f"tunetop/{path.relative_to(ROOT)}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in PAGES
    }
    own = {f"tunetop/{name}" for name in ("__init__.py", "__main__.py", "presets/data/README.md")}
    return rooms | own


def check_wheel(wheel: Path) -> None:
    """Hold a wheel's contents against the sources and pyproject."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        info = next(name.split("/")[0] for name in names if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(f"{info}/METADATA").decode()
        entries = archive.read(f"{info}/entry_points.txt").decode()
    inside = {name for name in names if name.startswith("tunetop/")}
    assert inside == expected()
    shared = {name.partition("/data/")[2] for name in names - inside if not name.startswith(info)}
    assert shared == {str(path.relative_to(ROOT)) for path in (ROOT / "share").rglob("*") if path.is_file()}
    assert f"{info}/licenses/LICENSE" in names
    assert "tunetop = tunetop.__main__:main" in entries
    required = re.findall(r"^Requires-Dist: ([^;\n]+)$", metadata, re.MULTILINE)
    assert {_normal(one) for one in required} == {_normal(one) for one in project()["dependencies"]}
    assert "License-Expression: MIT" in metadata
    assert metadata.partition("\n\n")[2].startswith("# tunetop")


def oldest(*extras: str) -> list[str]:
    """Return the requirements of pyproject, those of some extras added, at their lower bounds."""
    told = project()
    wanted = [*told["dependencies"], *(one for extra in extras for one in told["optional-dependencies"][extra])]
    return sorted({re.sub(r"^([\w-]+)>=([\w.]+).*$", r"\1==\2", one) for one in wanted})


def _normal(requirement: str) -> frozenset[str]:
    return frozenset(re.findall(r"^[\w-]+|[<>=]+[\w.]+", requirement.replace(" ", "")))
