"""The presets that can be picked, and the changes that a person makes to one before it starts.

Titles are read at once, with no more than a TOML parser, so that the picker paints before anything heavy is imported;
the rest of a preset is parsed when `Entry.open` is called.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....engine.files import only_plain, safe_name
from ....engine.text import clean

if TYPE_CHECKING:
    from ....engine.events import MethodPlan
    from ....engine.preset.method_options import Method
    from ....engine.preset.preset import Preset

SHIPPED = Path(__file__).resolve().parents[3] / "presets"
MOST = 200
"""Presets listed from the current folder at most."""
LARGEST = 1_000_000
MOST_TABLES, LARGEST_TABLE = 20, 200_000_000
"""Tables offered at most, and bytes of one: each is read when the presets are."""


@dataclass
class Entry:
    """One preset in the list: its file, its title, and its problem where it has one."""

    path: Path
    title: str
    shipped: bool
    problem: str = ""
    """One short line; empty as far as no problem is known."""
    table: bool = False
    """A table, whose preset is made when it is opened."""
    reads: tuple[Path, ...] = ()
    """The files that it names as its data."""

    @property
    def reference(self) -> str:
        """How the command line would name it."""
        return self.path.stem if self.shipped else self.path.name

    def open(self) -> Draft:
        """Parse the preset; raise `PresetError` saying what is wrong with it."""
        from ....engine.preset import preset

        if self.table:
            from ....engine.problem.first_preset import first_preset, named_after

            return Draft(preset.parse(first_preset(self.path).text, named_after(self.path)))
        return Draft(preset.load(self.path))


def entries(folder: Path) -> list[Entry]:
    """Return the shipped presets, then the `*.toml` of `folder` that look like presets, broken ones included."""
    shipped = [_entry(path, True) for path in sorted(SHIPPED.glob("*.toml"))]
    try:
        own = sorted(path for path in folder.glob("*.toml") if path.is_file() and path.parent.resolve() != SHIPPED)
    except OSError:
        own = []
    found = [entry for path in own[:MOST] if (entry := _entry(path, False)) is not None]
    tables = _tables(folder, {path.stem for path in own}, {path for entry in found for path in entry.reads})
    # where there is nothing of one's own but tables, these are what one came for
    ordered = (*found, *tables, *shipped) if tables and not found else (*shipped, *found, *tables)
    return [entry for entry in ordered if entry is not None]


def _tables(folder: Path, done: set[str], read: set[Path]) -> list[Entry]:
    """Return the folder's tables that no preset has the name of, or reads."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv" and path.is_file())
    except OSError:
        return []
    paths = [path for path in paths if path.resolve() not in read and safe_name(path.stem) not in done]
    new = [path for path in paths if path.stem not in done and path.stat().st_size <= LARGEST_TABLE]
    return [Entry(path, clean(path.name, 60), False, table=True) for path in new[:MOST_TABLES]]


def _entry(path: Path, shipped: bool) -> Entry | None:
    """Return a file's entry; None for a file of the folder that is TOML and plainly no preset."""
    name = clean(path.name, 60)
    try:
        with open(path, "rb", opener=only_plain) as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            return Entry(path, name, shipped, "larger than 1 MB")
        text = content.decode("utf-8-sig")
        document = tomllib.loads(text)
    except OSError as error:
        return Entry(path, name, shipped, clean(error.strerror, 60))
    except UnicodeDecodeError:
        return Entry(path, name, shipped, "not UTF-8")
    except RecursionError:
        return Entry(path, name, shipped, "not TOML")
    except tomllib.TOMLDecodeError as error:
        return Entry(path, name, shipped, _line_of(error))
    if not shipped and not {"space", "model", "method"} & set(document):
        # a pyproject.toml or the like, not somebody's attempt at a preset
        return None
    title = document.get("title")
    if not isinstance(title, str) or not title.strip():
        return Entry(path, name, shipped, "no title")
    return Entry(path, clean(title, 60), shipped, reads=_read_by(document, path))


def _read_by(document: dict[str, Any], path: Path) -> tuple[Path, ...]:
    """Return the files that a preset names as its data."""
    data = document.get("data")
    named = [data.get(key) for key in ("source", "test")] if isinstance(data, dict) else []
    files = [one.partition(":")[2] for one in named if isinstance(one, str) and one.startswith("csv:")]
    return tuple((path.parent / Path(file).expanduser()).resolve() for file in files if "\0" not in file)


def _line_of(error: Exception) -> str:
    _, _, place = str(error).partition("(at line ")
    return f"line {place.split(',')[0]}" if place and place[0].isdigit() else "not TOML"


@dataclass
class Draft:
    """A preset about to be run: which methods are on, and with what budgets."""

    preset: Preset
    off: set[str] = field(default_factory=set)
    """Names of the methods that are switched off."""
    budgets: dict[str, int] = field(default_factory=dict)
    """Changed budgets by method name."""
    together: bool = False
    _plans: dict[str, MethodPlan] = field(default_factory=dict)

    @property
    def on(self) -> tuple[str, ...]:
        """Names of the methods that are switched on, in order."""
        return tuple(method.name for method in self.preset.methods if method.name not in self.off)

    def budget(self, method: Method) -> int | None:
        """Return a method's budget as it stands; None where its kind has none."""
        option = _budget_option(method)
        if option is None:
            return None
        return self.budgets.get(method.name, getattr(method.options, option))

    def budget_name(self, method: Method) -> str:
        """Return what the budget counts: trials, or draws."""
        return _budget_option(method) or ""

    def change_budget(self, name: str, direction: int) -> bool:
        """Make a method's budget one step larger or smaller; return False where it has none."""
        method = next(method for method in self.preset.methods if method.name == name)
        value = self.budget(method)
        if value is None:
            return False
        value = stepped(value, direction)
        if value == getattr(method.options, self.budget_name(method)):
            self.budgets.pop(name, None)
        else:
            self.budgets[name] = value
        self._plans.pop(name, None)
        return True

    def trials(self, method: Method) -> int | None:
        """Return how many trials a method will run; None where only the search itself will know."""
        from dataclasses import replace

        from msgspec.structs import replace as replace_option

        if method.name not in self._plans:
            options = method.options
            if method.name in self.budgets:
                options = replace_option(options, **{self.budget_name(method): self.budgets[method.name]})
            self._plans[method.name] = replace(method, options=options).plan(self.preset.space)
        return self._plans[method.name].trials

    def fits(self, method: Method) -> int | None:
        """Return how many fits the trials of a method take, its last refit left out."""
        trials = self.trials(method)
        folds = self.preset.score.fold_count
        return None if trials is None or folds is None else trials * folds

    def resolved(self) -> Preset:
        """Return the preset with the changed budgets in it."""
        if not self.budgets:
            return self.preset
        import copy

        from ....engine.preset.preset import as_toml, parse

        document: dict[str, Any] = copy.deepcopy(self.preset.document)
        for table, method in zip(document["method"], self.preset.methods, strict=True):
            if method.name in self.budgets:
                table[self.budget_name(method)] = self.budgets[method.name]
        return parse(as_toml(document), self.preset.path)


def _budget_option(method: Method) -> str | None:
    from ....engine.search.catalog import KINDS

    return KINDS[method.kind].budget


def stepped(value: int, direction: int) -> int:
    """Return the next round number above or below `value`: steps of 1 up to 10, of 5 up to 50, of 10 up to 200 …"""
    # at a limit, upwards the larger step holds already
    at = value + (direction > 0)
    step = next((step for limit, step in ((10, 1), (50, 5), (200, 10), (1000, 50)) if at <= limit), 100)
    if direction > 0:
        return (value // step + 1) * step
    return max(-(-value // step) * step - step, 1)
