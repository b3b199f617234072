"""The pages for who comes next: short, linked, and of files that are there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import tunetop
from slow import UNKNOWN

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(page for page in ("engine/README.md", "tui/README.md") if (ROOT / page).exists()),
]


FOR_USERS = ["presets/README.md", "tui/USING.md", "engine/sources/README.md", "engine/workers/README.md"]


@pytest.mark.parametrize("page", FOR_USERS)
def test_a_page_for_users_is_there_and_linked(page: str) -> None:
    assert (ROOT / page).read_text(encoding="utf-8").startswith("# ")
    assert f"]({page})" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_linked_short_and_names_what_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert f"]({page})" in (ROOT / "README.md").read_text(encoding="utf-8")
    if page.endswith("README.md"):  # how the two halves are built
        assert len(text.splitlines()) <= 150
    room = (ROOT / page).parent
    for name in re.findall(r"`((?:\w+/)+\w*(?:\.py)?|\w+\.py)`", text):
        places = [ROOT / name, room / name, ROOT / "tests" / name, ROOT / "tests" / room.name / name]
        assert any(place.exists() for place in places), name


def test_every_room_of_the_engine_is_on_its_page() -> None:
    text = (ROOT / "engine" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "engine").iterdir():
        if path.is_dir() and path.name != "__pycache__":
            assert f"`{path.name}/`" in text
        elif path.suffix == ".py" and path.stem != "__init__":
            assert f"`{path.stem}`" in text


def test_the_version_is_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "tunetop.__version__"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", tunetop.__version__)


def test_each_line_about_slow_tests_names_one(request: pytest.FixtureRequest) -> None:
    unknown = request.config.stash.get(UNKNOWN, None)
    if unknown is None:
        pytest.skip("only some tests were collected")
    assert unknown == []
