"""The rule by which methods choose their winners: `choose` in a preset's `[score]`, and `simple` that goes with it."""

from __future__ import annotations

from ..errors import PresetError, choose, found
from ..events import Simplest, Value
from ..space.space import Dimension, Space
from ..text import clean
from .specs import ScoreSpec

BEST = "best"
SIMPLEST = "simplest within 1 SE"


def rule_of(score: ScoreSpec, space: Space, file: str) -> Simplest | None:
    """Return the rule, None for the best mean; raise `PresetError` where it is none, or leaves open what is simple."""
    words = " ".join(score.choose.split())
    if words not in (BEST, SIMPLEST):
        known = [BEST, SIMPLEST]
        raise PresetError(file, "score.choose", found(score.choose), f'"{BEST}" or "{SIMPLEST}"', choose(words, known))
    if words == BEST:
        if score.simple:
            raise PresetError(file, "score.simple", "has no use", f'it beside choose = "{SIMPLEST}" alone')
        return None
    if not score.simple:
        raise PresetError(file, "score.simple", f'missing, and choose = "{SIMPLEST}" needs it', _example(space))
    return Simplest({name: _order(name, written, space, file) for name, written in score.simple.items()})


def check_folds(rule: Simplest | None, folds: int, file: str) -> None:
    """Raise `PresetError` where there are too few folds for a standard error."""
    if rule is not None and folds < 2:
        raise PresetError(
            file, "score.choose", f"{SIMPLEST!r} goes by the spread of folds, of which there is one", BEST
        )


def note_on(rule: Simplest | None) -> list[str]:
    """Return what is to be known of a rule, where there is one."""
    if rule is None:
        return []
    orders = ", then ".join(f"{clean(name, 60)} {_told(order)}" for name, order in rule.simple.items())
    return [
        f"a method's winner is not its best mean but its simplest configuration within one standard error of that: "
        f"{orders} (score.choose)"
    ]


def _told(order: str | list[Value]) -> str:
    return f"{order} first" if isinstance(order, str) else " before ".join(clean(value, 40) for value in order)


def _example(space: Space) -> str:
    first = space.dimensions[0]
    labels = [choice.label for choice in first.choices]
    order = '"low"' if _countable(first) else f"[{', '.join(repr(label) for label in labels)}]"
    return f"what is simple, such as simple = {{ {first.name} = {order} }}, what counts most first"


def _order(name: str, written: str | list[object], space: Space, file: str) -> str | list[Value]:
    key = f"score.simple.{name}"
    if name not in space.names:
        raise PresetError(file, key, "is not in [space]", ", ".join(space.names), choose(name, space.names))
    dimension = space[name]
    labels = list(dict.fromkeys(choice.label for choice in (*dimension.choices, *dimension.grid)))
    listed = f"its choices, the simplest first: [{', '.join(map(repr, labels))}]"
    if isinstance(written, str):
        if written not in ("low", "high"):
            raise PresetError(file, key, found(written), '"low" or "high"', choose(written, ["low", "high"]))
        if not _countable(dimension):
            raise PresetError(file, key, f"found {written!r}, but its choices are no numbers", listed)
        return written
    if dimension.scale != "choice":
        raise PresetError(file, key, found(written), '"low" or "high", for it is a range')
    wrong = next((value for value in written if not any(_same(value, label) for label in labels)), None)
    if wrong is not None:
        raise PresetError(file, key, f"found {wrong!r}, which is none of its choices", listed)
    missing = next((label for label in labels if sum(_same(value, label) for value in written) != 1), None)
    if missing is not None or len(written) != len(labels):
        raise PresetError(file, key, f"does not have {missing!r} once", listed)
    return [label for value in written for label in labels if _same(value, label)]


def _same(one: object, other: object) -> bool:
    return one == other and type(one) is type(other)


def _countable(dimension: Dimension) -> bool:
    """Tell whether "low" and "high" say something of it: a range, or choices that are all numbers."""
    labels = [choice.label for choice in (*dimension.choices, *dimension.grid)]
    return dimension.scale != "choice" or all(isinstance(v, int | float) and not isinstance(v, bool) for v in labels)
