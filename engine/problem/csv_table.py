"""Tables of text and numbers, from CSV and Parquet files: columns in, numeric arrays out.

A column is numeric if every value that is there is a number; any other column is text and becomes codes 0, 1, … in
the order of its sorted values, or in the order that the preset gives. What is missing becomes NaN.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import PresetError, choose
from ..files import only_plain
from ..text import clean

MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"})


@dataclass(frozen=True)
class Table:
    """Columns of text by name, all of one length; "" where a value is missing."""

    columns: dict[str, list[str]]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), []))


def read_csv(path: Path, key: str, file: str) -> Table:
    """Return the CSV file's columns; raise `PresetError` naming file and line where it is missing or malformed."""
    where = f"{file}: {key}"
    try:
        with open(path, encoding="utf-8-sig", newline="", opener=only_plain) as stream:
            reader = csv.reader(stream)
            header = [clean(name, 80) for name in next(reader, [])]
            if not header:
                raise PresetError(str(path), "", "found an empty file", "a header line and rows", f"Named by {where}")
            if len(set(header)) < len(header):
                twice = Counter(header).most_common(1)[0][0]
                raise PresetError(str(path), "line 1", f"two columns named {twice!r}", "a name of its own for each")
            rows: list[list[str]] = []
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    found = f"found {len(row)} values"
                    raise PresetError(str(path), f"line {reader.line_num}", found, f"{len(header)}, as in the header")
                rows.append(row)
    except OSError as error:
        raise PresetError(file, key, f"{path} cannot be read: {error.strerror}", "a CSV file's path") from None
    except UnicodeDecodeError as error:
        raise PresetError(str(path), "", f"byte {error.start} is not UTF-8", "a UTF-8 text file") from None
    except csv.Error as error:
        raise PresetError(str(path), "", f"malformed: {error}", "comma-separated values with a header") from None
    if not rows:
        raise PresetError(str(path), "", "found a header and no rows", "at least one row", f"Named by {where}")
    columns = list(zip(*rows, strict=True))
    return Table(
        {name: ["" if v.strip() in MISSING else v.strip() for v in c] for name, c in zip(header, columns, strict=True)}
    )


def read_parquet(path: Path, key: str, file: str) -> Table:
    """Return the Parquet file's columns; needs pyarrow (`pip install tunetop[parquet]`)."""
    try:
        from pyarrow import parquet  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise PresetError(file, key, "reading Parquet needs pyarrow", hint="pip install 'tunetop[parquet]'") from None
    try:
        table = parquet.read_table(path)
    except (OSError, ValueError) as error:
        raise PresetError(file, key, f"{path} cannot be read: {error}", "a Parquet file's path") from None
    columns: dict[str, list[str]] = {}
    for name in table.column_names:
        values = table.column(name).to_pylist()
        columns[clean(name, 80)] = ["" if value is None or value != value else _text(value) for value in values]
    return Table(columns)


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def numbers(values: Sequence[str]) -> np.ndarray | None:
    """Return the column as float64, NaN where missing; None if some value is no number."""
    column = np.empty(len(values))
    for index, value in enumerate(values):
        try:
            column[index] = float(value) if value else math.nan
        except ValueError:
            return None
    return column


def codes(values: Sequence[str], categories: Sequence[str]) -> np.ndarray:
    """Return each value's place in `categories` as float64, NaN for a missing value that has no place there."""
    places = {category: float(code) for code, category in enumerate(categories)}
    return np.array([places.get(value, math.nan) for value in values])


@dataclass(frozen=True)
class Encoder:
    """How the feature columns of a table become numbers: their names, and the categories of those that are text."""

    names: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, tables: Sequence[Table], names: Sequence[str], given: Mapping[str, list[str]], file: str) -> Encoder:
        """Return the encoder for those columns, with the categories of all `tables` and the preset's own order."""
        for name in given:
            if name not in names:
                raise PresetError(
                    file, f"data.categories.{name}", "no such feature", ", ".join(names), choose(name, list(names))
                )
        found: dict[str, tuple[str, ...]] = {}
        for name in names:
            values = {value for table in tables for value in table.columns[name]}
            if name in given:
                unknown = sorted(value for value in values - set(given[name]) if value)
                if unknown:
                    allowed = ", ".join(given[name])
                    raise PresetError(file, f"data.categories.{name}", f"the column holds {unknown[0]!r}", allowed)
                found[name] = tuple(given[name])
            elif numbers(sorted(values)) is None:
                found[name] = tuple(sorted(value for value in values if value))
        return cls(tuple(names), found)

    @property
    def categorical(self) -> tuple[int, ...]:
        """The positions of the columns that hold codes."""
        return tuple(index for index, name in enumerate(self.names) if name in self.categories)

    def features(self, table: Table) -> np.ndarray:
        """Return the table's features, float64 of shape (rows, features)."""
        columns: list[np.ndarray] = []
        for name in self.names:
            values = table.columns[name]
            if name in self.categories:
                columns.append(codes(values, self.categories[name]))
            else:
                numeric = numbers(values)
                assert numeric is not None
                columns.append(numeric)
        return np.ascontiguousarray(np.column_stack(columns))
