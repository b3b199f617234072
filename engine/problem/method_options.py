"""How a preset's `[[method]]` tables are written, and what is said when they are written wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ..errors import PresetError, choose, explain, found
from ..events import BASELINE, MANUAL, MethodPlan
from ..search.base import ROWS
from ..search.catalog import KINDS, SAMPLERS, Kind
from ..space.space import Space
from ..text import NAME, clean


class _MethodSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    name: str | None = None
    title: str | None = None
    trials: int | None = None
    draws: int | None = None
    iterations: int | None = None
    start: int | None = None
    seed: int | None = None
    sampler: str | None = None
    candidates: int | str | None = None
    factor: int | None = None
    resource: str | None = None
    min_resources: int | None = None
    max_resources: int | None = None
    aggressive_elimination: bool | None = None
    race: bool | dict[str, Any] | None = None


@dataclass(frozen=True)
class Method:
    """One search method of a preset: its name in the run, its kind, and its options, defaults filled in."""

    name: str
    kind: str
    title: str
    options: dict[str, Any]
    race: float | None = None
    """The race's alpha, where its candidates race; None: all folds for all."""

    def plan(self, space: Space) -> MethodPlan:
        """Return the method as views know it."""
        kind = KINDS[self.kind]
        trials = kind.plan(space, self.options)
        expected = kind.expect(self.options) if trials is None and kind.expect is not None else None
        return MethodPlan(self.name, self.kind, self.title, trials, self.options.get("seed"), expected=expected)


def parse_methods(documents: Sequence[dict[str, Any]], space: Space, file: str) -> Iterator[Method]:
    """Yield the methods that a preset's `[[method]]` tables describe; raise `PresetError` where they are wrong."""
    seen: set[str] = {BASELINE, MANUAL}
    if len(documents) > 20:
        raise PresetError(file, "method", f"found {len(documents)} methods", "at most 20")
    for index, document in enumerate(documents):
        where = f"method[{index}]"
        kind = _kind(document, where, file)
        _check_keys(document, kind, f"{where} ({document['kind']})", file)
        try:
            spec = msgspec.convert(document, _MethodSpec)
        except msgspec.ValidationError as error:
            raise explain(error, document, file, _MethodSpec, where) from None
        options = _options(document, kind, f"{where} ({spec.kind})", file)
        if options.get("resource", ROWS) != ROWS:
            _check_resource(options, space, f"{where} ({spec.kind})", file)
        if (kind.needs == "grid" or options.get("candidates") == "grid") and space.grid_size() is None:
            lacking = [d.name for d in space.dimensions if not d.grid_values()]
            key = f"space.{lacking[0]}"
            raise PresetError(
                file, key, "has no values for the grid method", "grid = [value, …] or steps = n beside the range"
            )
        name = spec.name or spec.kind
        if not NAME.fullmatch(name):
            raise PresetError(file, f"{where}.name", found(name), "letters, digits, '.', '_', '-'; at most 64")
        if name in seen:
            raise PresetError(
                file, f"{where}.name", f"a second method named {name!r}", "a name of its own for each method"
            )
        seen.add(name)
        yield Method(name, spec.kind, clean(spec.title or kind.title, 40), options, _race(spec, where, file))


def _kind(document: Mapping[str, Any], where: str, file: str) -> Kind:
    if "kind" not in document:
        raise PresetError(file, f"{where}.kind", "missing", ", ".join(KINDS))
    name = document["kind"]
    if isinstance(name, str) and name in KINDS:
        return KINDS[name]
    hint = "The baseline always runs first, unasked." if name == BASELINE else choose(str(name), list(KINDS))
    raise PresetError(file, f"{where}.kind", found(name), ", ".join(KINDS), hint)


def _check_keys(document: Mapping[str, Any], kind: Kind, where: str, file: str) -> None:
    allowed = ["kind", "name", "title", *([] if kind.partial else ["race"]), *kind.options]
    for key in document:
        if key not in allowed:
            found_ = "this method has no such option"
            raise PresetError(file, f"{where}.{key}", found_, ", ".join(allowed), choose(key, allowed))


def _check_resource(options: Mapping[str, Any], space: Space, where: str, file: str) -> None:
    """Check a resource that is a parameter of the estimator."""
    name = options["resource"]
    if not name.replace("__", "_").isidentifier():
        raise PresetError(file, f"{where}.resource", found(name), '"rows", or a parameter of the estimator')
    if name in space.names:
        raise PresetError(file, f"{where}.resource", f"{name} is searched already", "rows, or another parameter")
    if not options["max_resources"]:
        raise PresetError(file, f"{where}.max_resources", "missing", f"the most that {name} may be")


def _race(spec: _MethodSpec, where: str, file: str) -> float | None:
    if spec.race is None or spec.race is False:
        return None
    from ..search.fold_race import ALPHA

    alpha = ALPHA if spec.race is True else spec.race.get("alpha", ALPHA)
    unknown = [] if spec.race is True else [key for key in spec.race if key != "alpha"]
    if unknown:
        raise PresetError(file, f"{where}.race.{unknown[0]}", "no such key", "alpha")
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not 0 < alpha < 0.5:
        raise PresetError(file, f"{where}.race.alpha", found(alpha), "a number between 0 and 0.5")
    return float(alpha)


def _options(document: Mapping[str, Any], kind: Kind, where: str, file: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for key, default in kind.options.items():
        value = document.get(key, default)
        if value is None:
            raise PresetError(file, f"{where}.{key}", "missing", "a whole number from 1")
        least = kind.least.get(key, 0)
        if isinstance(value, int) and not least <= value <= 2**31:
            raise PresetError(file, f"{where}.{key}", found(value), f"a whole number from {least} to {2**31}")
        if key == "sampler" and value not in SAMPLERS:
            raise PresetError(file, f"{where}.{key}", found(value), ", ".join(SAMPLERS))
        if key == "candidates" and isinstance(value, str) and value != "grid":
            raise PresetError(file, f"{where}.{key}", found(value), '"grid", or a number of random candidates')
        options[key] = value
    return options
