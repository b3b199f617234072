"""What every search promises, whichever it is: a new row of the catalog is held to it without a line here."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from places import ROOT
from running import TREE
from tunetop.engine.errors import UsageError
from tunetop.engine.events import Point
from tunetop.engine.search.base import WAIT, Extendable, Kind, Options, Partial, Search, Setting, Wait
from tunetop.engine.search.catalog import KINDS
from tunetop.engine.search.started import Started
from tunetop.engine.space.space import Space
from tunetop.engine.space.spec import parse_space

SETTING = Setting(rows=240, folds=4, classes=3)
MIXED = {
    "rate": {"log": [1e-4, 1.0], "grid": [1e-3, 1e-2, 1e-1]},
    "depth": {"linear": [1, 8], "integer": True, "grid": [1, 2, 4]},
    "kind": ["a", "b", "c"],
}
ONLY_RANGES = {"x": {"linear": [-2.0, 2.0], "steps": 5}, "y": {"log": [0.1, 10.0], "steps": 4}}
SPACES = {"mixed": MIXED, "ranges": ONLY_RANGES}
BUDGET = 14

Asked = Point | Partial
Score = Callable[[Asked, int], float]


def point_of(asked: Asked) -> Point:
    return asked.point if isinstance(asked, Partial) else asked


def smooth(asked: Asked, number: int) -> float:
    """A score with one top, the same for the same point."""
    total = 0.0
    for place, value in enumerate(point_of(asked).values(), 1):
        total -= len(value) % 3 if isinstance(value, str) else (float(value or 0) / place - 0.3) ** 2
    return total


def often_failing(asked: Asked, number: int) -> float:
    return math.nan if number % 3 == 1 else smooth(asked, number)


def options_of(kind: Kind[Any], budget: int = BUDGET) -> Options:
    """The options that a preset would give where it says as little as it may, and how long to search."""
    needed = [name for name, field in zip(kind.Options.__struct_fields__, defaults(kind), strict=True) if not field]
    return msgspec.convert(dict.fromkeys([*needed, *([kind.budget] if kind.budget else [])], budget), kind.Options)


def defaults(kind: Kind[Any]) -> list[bool]:
    given = len(kind.Options.__struct_defaults__)
    return [False] * (len(kind.Options.__struct_fields__) - given) + [True] * given


def made(kind: Kind[Any], space: Space, budget: int = BUDGET) -> Search:
    options = options_of(kind, budget)
    try:
        kind.check_installed(options)
    except UsageError as error:
        pytest.skip(str(error))
    return kind.make(space, options, SETTING)


def drive(
    search: Search, score: Score = smooth, window: int = 64, told: int = 0, asked: Sequence[Asked] = ()
) -> list[Asked]:
    """Ask and tell as the conductor does, at most `window` asks open, until the search has no more."""
    asked = list(asked)
    for _ in range(10_000):
        answer: Asked | Wait | None = WAIT
        while len(asked) - told < window:
            answer = search.ask()
            if answer is None or isinstance(answer, Wait):
                break
            asked.append(answer)
        if answer is None and told == len(asked):
            return asked
        assert told < len(asked), "it waits for a result, and all results are in"
        search.tell(told, point_of(asked[told]), score(asked[told], told))
        told += 1
    raise AssertionError("the search does not end")


@pytest.fixture(params=[(kind, space) for kind in KINDS for space in SPACES], ids=lambda pair: "-".join(pair))
def case(request: pytest.FixtureRequest) -> tuple[Kind[Any], Space]:
    name, space = request.param
    return KINDS[name], parse_space(SPACES[space], "preset.toml")


def test_its_points_are_of_the_space_and_as_many_as_planned(case: tuple[Kind[Any], Space]) -> None:
    kind, space = case
    asked = drive(made(kind, space))
    assert asked
    # Nelder-Mead has no bounds; where it goes, tunetop says so
    if kind.kind != "refine":
        assert all(space.problem_with(point_of(one)) is None for one in asked)
    assert all(list(point_of(one)) == space.names for one in asked)
    planned = kind.plan(space, options_of(kind))
    if planned.trials is not None:
        assert len(asked) == planned.trials


def test_it_is_the_same_again_and_on_any_number_of_workers(case: tuple[Kind[Any], Space]) -> None:
    kind, space = case
    asked = drive(made(kind, space))
    assert drive(made(kind, space)) == asked
    assert drive(made(kind, space), window=500) == asked


def test_only_a_partial_search_asks_for_parts_and_its_last_share_counts(case: tuple[Kind[Any], Space]) -> None:
    kind, space = case
    asked = drive(made(kind, space))
    assert all(isinstance(one, Partial) == kind.partial for one in asked)
    if kind.partial:
        shares = [one for one in asked if isinstance(one, Partial)]
        assert [one.resource for one in shares] == sorted(one.resource for one in shares)
        assert {one.resource for one in shares if one.final} == {shares[-1].resource}


@pytest.mark.parametrize("score", [often_failing, lambda asked, number: math.nan], ids=["often", "always"])
def test_failed_trials_neither_break_nor_stall_it(case: tuple[Kind[Any], Space], score: Score) -> None:
    kind, space = case
    asked = drive(made(kind, space), score)
    assert asked
    assert drive(made(kind, space), score, window=500) == asked


def test_a_longer_search_begins_with_the_shorter_one(case: tuple[Kind[Any], Space]) -> None:
    kind, space = case
    search = made(kind, space, BUDGET)
    assert isinstance(search, Extendable) == kind.extendable
    if not kind.extendable:
        return
    short = drive(search)
    assert isinstance(search, Extendable)
    search.extend(BUDGET + 5)
    more = drive(search)
    assert len(short) + len(more) == kind.plan(space, options_of(kind, BUDGET + 5)).trials
    # as a run that is resumed: made anew with the larger budget, and the smaller one it had before
    anew = kind.make(space, options_of(kind, BUDGET + 5), dataclasses.replace(SETTING, earlier=(BUDGET,)))
    assert drive(anew)[: len(short)] == short


def test_with_points_to_begin_with_it_is_the_same_on_any_number_of_workers_and_when_it_goes_on(
    case: tuple[Kind[Any], Space],
) -> None:
    kind, space = case
    if not kind.extendable:
        return
    points = list(itertools.islice(space.sample(3, 7), 3))

    def begun(budget: int, earlier: tuple[int, ...] = ()) -> Started:
        setting = dataclasses.replace(SETTING, earlier=earlier)
        return Started(kind.make(space, options_of(kind, budget - len(points)), setting), points)

    made(kind, space)  # skips where it is not installed
    search = begun(BUDGET)
    short = drive(search)
    assert short[: len(points)] == points
    assert drive(begun(BUDGET), window=500) == short == drive(begun(BUDGET), window=1)
    search.extend(BUDGET + 5)
    more = drive(search, told=len(short), asked=list(short))
    assert drive(begun(BUDGET + 5, (BUDGET - len(points),)), window=500)[: len(short)] == short
    assert len(more) > len(short) or space.sample_size(10**6) <= BUDGET + 5


@pytest.mark.parametrize("name", KINDS)
def test_its_row_says_all_that_a_preset_may_say(name: str) -> None:
    kind = KINDS[name]
    assert kind.kind == name
    assert kind.title
    assert kind.Options is Options or kind.Options.__doc__
    assert kind.budget is None or kind.budget in kind.Options.__struct_fields__
    # the baseline's and the run's own keys cannot be a method's
    assert not {"kind", "name", "title", "race"} & set(kind.Options.__struct_fields__)


# -- a method more: one file, and one row ----------------------------------------------------------------------------

CORNERS = '''
"""The corners of the space, in turn."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ..events import Point
from ..space.space import Space
from .base import Kind, Options, Positive, finite


class CornersOptions(Options, frozen=True):
    trials: Positive
    skip: Annotated[int, msgspec.Meta(ge=0, le=3)] = 0


class Corners:
    def __init__(self, space: Space, trials: int, skip: int) -> None:
        self._space, self._trials, self._asked = space, trials, skip

    def ask(self) -> Point | None:
        if self._asked == self._trials:
            return None
        self._asked += 1
        return self._space.from_unit([(self._asked >> place) & 1 for place, _ in enumerate(self._space.dimensions)])

    def tell(self, number: int, point: Point, score: float) -> None: ...


KIND = Kind(
    kind="corners",
    title="Corners",
    Options=CornersOptions,
    plan=finite,
    make=lambda space, options, setting: Corners(space, options.trials, options.skip),
)
'''


REFUSED = """
import sys
from pathlib import Path
from tunetop.engine.errors import UsageError
from tunetop.engine.preset.preset import load
for file in sys.argv[1:]:
    try:
        load(Path(file))
    except UsageError as error:
        print(error)
"""


def test_a_method_more_is_a_file_and_a_row(tmp_path: Path) -> None:
    (tmp_path / "tunetop").mkdir()
    for name in ("engine", "tui", "presets", "__init__.py", "__main__.py"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / "tunetop" / name)
    search = tmp_path / "tunetop" / "engine" / "search"
    (search / "corners.py").write_text(CORNERS)
    catalog = (search / "catalog.py").read_text()
    rows = catalog.replace("import bayes,", "import bayes, corners,").replace("grid.KIND,", "grid.KIND, corners.KIND,")
    assert rows.count("corners") == 2
    (search / "catalog.py").write_text(rows)
    preset = TREE[: TREE.index("[[method]]")] + '[[method]]\nkind = "corners"\ntrials = 4\n'

    environment = os.environ | {"PYTHONPATH": str(tmp_path), "TUNETOP_RUNS_DIR": str(tmp_path / "runs")}

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)

    (tmp_path / "small.toml").write_text(preset)
    done = python("-m", "tunetop", "run", "small.toml", "--headless", "--json", "--workers", "1")
    assert done.returncode == 0, done.stderr
    (corners,) = json.loads(done.stdout)["methods"]
    assert (corners["phase"], corners["title"], corners["trials"]) == ("done", "Corners", 4)
    for wrong in ("skip", "seed"):
        (tmp_path / f"{wrong}.toml").write_text(f"{preset}{wrong} = 4\n")
    refused = python("-c", REFUSED, "skip.toml", "seed.toml")
    assert refused.returncode == 0, refused.stderr
    skip, seed = refused.stdout.splitlines()
    assert "method[0] (corners).skip: found 4; allowed: a whole number from 0 to 3" in skip
    assert "no such option; allowed: kind, name, title, race, trials, skip" in seed
