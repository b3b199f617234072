"""How a preset's `[[method]]` tables are written, and what is said when they are written wrong.

Keys that every method has are here; the options of each kind are the fields of its own `Options` struct, whose types
and bounds msgspec checks.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from ..errors import PresetError, choose, explain, found
from ..events import BASELINE, MANUAL, MethodPlan
from ..search.base import Kind, Options
from ..search.catalog import KINDS
from ..space.space import Space
from ..text import NAME, clean

_MOST_METHODS = 20


class _Shared(msgspec.Struct, frozen=True):
    """The keys of every method; `race` not of one that tries its candidates on part of the resources."""

    kind: str
    name: str | None = None
    title: str | None = None
    race: bool | dict[str, Any] | None = None


@dataclass(frozen=True)
class Method:
    """One search method of a preset: its name in the run, its kind, and its options, defaults filled in."""

    name: str
    kind: str
    title: str
    options: Options
    race: float | None = None
    """The race's alpha, where its candidates race; None: all folds for all."""

    @property
    def resource(self) -> str:
        """What its candidates get parts of: `ROWS`, or a parameter of the estimator."""
        return KINDS[self.kind].resource(self.options)

    def plan(self, space: Space, start: int = 0) -> MethodPlan:
        """Return the method as views know it; of a preset with so many points to `start` from, those are its first."""
        kind = KINDS[self.kind]
        trials, expected = kind.plan(space, self.options)
        seed = getattr(self.options, "seed", None)
        first = min(start, trials or 0) if kind.extendable else 0
        return MethodPlan(self.name, self.kind, self.title, trials, seed, expected=expected, start=first)


def parse_methods(documents: Sequence[dict[str, Any]], space: Space, file: str) -> Iterator[Method]:
    """Yield the methods that a preset's `[[method]]` tables describe; raise `PresetError` where they are wrong."""
    seen: set[str] = {BASELINE, MANUAL}
    if len(documents) > _MOST_METHODS:
        raise PresetError(file, "method", f"found {len(documents)} methods", f"at most {_MOST_METHODS}")
    for index, document in enumerate(documents):
        table = _Table(document, f"method[{index}]", file)
        kind = table.kind()
        table.check_keys(kind)
        shared, options = table.shared(), table.options(kind)
        table.check_space(kind, options, space)
        yield Method(
            table.name(shared, seen), kind.kind, clean(shared.title or kind.title, 40), options, table.race(shared)
        )


@dataclass(frozen=True)
class _Table:
    """One `[[method]]` table: its document, its key path, and the file it stands in."""

    document: Mapping[str, Any]
    where: str
    file: str

    @property
    def named(self) -> str:
        """The key path with the kind, which helps to find the table."""
        return f"{self.where} ({self.document['kind']})"

    def kind(self) -> Kind[Any]:
        if "kind" not in self.document:
            raise PresetError(self.file, f"{self.where}.kind", "missing", ", ".join(KINDS))
        name = self.document["kind"]
        if isinstance(name, str) and name in KINDS:
            return KINDS[name]
        hint = "The baseline always runs first, unasked." if name == BASELINE else choose(str(name), list(KINDS))
        raise PresetError(self.file, f"{self.where}.kind", found(name), ", ".join(KINDS), hint)

    def check_keys(self, kind: Kind[Any]) -> None:
        allowed = [key for key in _Shared.__struct_fields__ if key != "race" or not kind.partial]
        allowed += kind.Options.__struct_fields__
        for key in self.document:
            if key not in allowed:
                said = "this method has no such option"
                raise PresetError(self.file, f"{self.named}.{key}", said, ", ".join(allowed), choose(key, allowed))

    def shared(self) -> _Shared:
        try:
            return msgspec.convert(self.document, _Shared)
        except msgspec.ValidationError as error:
            raise explain(error, self.document, self.file, _Shared, self.where) from None

    def options(self, kind: Kind[Any]) -> Options:
        """Return the options, checked by their struct; its complaints are told in a preset's words."""
        given = {key: value for key, value in self.document.items() if key not in _Shared.__struct_fields__}
        try:
            return msgspec.convert(given, kind.Options)
        except msgspec.ValidationError as error:
            if ", got `" in str(error):
                raise explain(error, given, self.file, kind.Options, self.where) from None
            key = str(error).split("`")[1] if "missing" in str(error) else str(error).split("`$.")[1].rstrip("`")
            said = found(given[key]) if key in given else "missing"
            allowed = allowed_values(kind.Options, key, given.get(key))
            raise PresetError(self.file, f"{self.named}.{key}", said, allowed) from None

    def check_space(self, kind: Kind[Any], options: Options, space: Space) -> None:
        if (wrong := kind.check(space, options)) is not None:
            raise PresetError(self.file, f"{self.named}.{wrong.option}", wrong.found, wrong.allowed)
        if kind.needs(options) == "grid" and space.grid_size() is None:
            lacking = next(dimension.name for dimension in space.dimensions if not dimension.grid_values())
            said, allowed = "has no values for the grid method", "grid = [value, …] or steps = n beside the range"
            raise PresetError(self.file, f"space.{lacking}", said, allowed)

    def name(self, shared: _Shared, seen: set[str]) -> str:
        name, key = shared.name or shared.kind, f"{self.where}.name"
        if not NAME.fullmatch(name):
            raise PresetError(self.file, key, found(name), "letters, digits, '.', '_', '-'; at most 64")
        if name in seen:
            raise PresetError(self.file, key, f"a second method named {name!r}", "a name of its own for each method")
        seen.add(name)
        return name

    def race(self, shared: _Shared) -> float | None:
        if shared.race is None or shared.race is False:
            return None
        from ..search.fold_race import ALPHA

        given = {} if shared.race is True else shared.race
        alpha = given.get("alpha", ALPHA)
        if unknown := [key for key in given if key != "alpha"]:
            raise PresetError(self.file, f"{self.where}.race.{unknown[0]}", "no such key", "alpha")
        if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not 0 < alpha < 0.5:
            raise PresetError(self.file, f"{self.where}.race.alpha", found(alpha), "a number between 0 and 0.5")
        return float(alpha)


def allowed_values(kind: type[Options], option: str, value: object = None) -> str:
    """Return in words the values that an option may have; of several types the one that `value` has."""
    hint = typing.get_type_hints(kind, include_extras=True)[option]
    whole, text = "", ""
    for one in (hint,) if typing.get_origin(hint) in (Annotated, Literal) else typing.get_args(hint):
        bare, *metas = typing.get_args(one) if typing.get_origin(one) is Annotated else (one,)
        (meta,) = metas or (msgspec.Meta(),)
        if typing.get_origin(bare) is Literal:
            text = meta.description or ", ".join(map(str, typing.get_args(bare)))
        elif bare is str:
            text = meta.description or ""
        else:
            whole = f"a whole number from {meta.ge}" + (f" to {meta.le}" if value is not None else "")
    return text if isinstance(value, str) else whole
