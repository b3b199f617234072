"""Columns of a table, and what kind of thing each holds: that decides what is done to it before an estimator.

A column is a number, a category, text, a date, or yes/no. The kinds are guessed from all rows, targets aside, shown on
the card and in the notes of a run, and overridden in a preset's `[columns]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import PresetError, choose
from ..text import clean

Kind = Literal["number", "category", "text", "date", "yes/no"]

KINDS: tuple[Kind, ...] = ("number", "category", "text", "date", "yes/no")


@dataclass(frozen=True)
class Column:
    """A feature: its whole name, as estimators know it, and its kind."""

    name: str
    kind: Kind = "number"


Columns = tuple[Column, ...]


def names_of(columns: Columns, *kinds: Kind) -> list[str]:
    """Return the names of the columns of these kinds, in order."""
    return [column.name for column in columns if column.kind in kinds]


def chosen_names(
    known: list[str], features: list[str] | None, drop: list[str], file: str, besides: tuple[str, ...] = ()
) -> list[str]:
    """Return the columns that are features: those that the preset lists, or all but what it drops and `besides`."""
    dropped = [named(name, known, "data.drop", file) for name in drop]
    if features is None:
        chosen = [name for name in known if name not in dropped and name not in besides]
    else:
        chosen = [named(name, known, "data.features", file) for name in features]
        if both := [name for name in chosen if name in dropped]:
            raise PresetError(file, "data.drop", f"holds the feature {both[0]!r}", "columns that are no features")
    if not chosen:
        raise PresetError(file, "data.features", "found no feature column", "at least one")
    return chosen


def named(name: str, known: list[str], key: str, file: str) -> str:
    """Return the column that a preset means: by its whole name, or as tunetop shows it, shortened and on one line."""
    if name in known:
        return name
    cut = name[:-1] if name.endswith("…") else None
    alike = [column for column in known if _shown_as(column, name) or (cut and clean(column, 400).startswith(cut))]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise PresetError(file, key, f"{len(alike)} columns are shown as {name!r}", "a column's whole name")
    raise no_column(name, known, key, file)


def no_column(name: str, known: list[str], key: str, file: str) -> PresetError:
    """Return the error about a name that no column has."""
    shown = ", ".join(clean(column, 80) for column in known)
    return PresetError(file, key, f"there is no column {name!r}", shown, choose(name, known))


def _shown_as(column: str, name: str) -> bool:
    unnamed = name == "" and column.startswith("Unnamed: ")
    return unnamed or name in (clean(column, 80), clean(column, 40), column.strip())


def quoted(name: str) -> str:
    """Return a name as a preset has it, in quotation marks."""
    return '"' + clean(name, 60).replace("\\", "\\\\").replace('"', '\\"') + '"'
