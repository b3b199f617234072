"""The schema of a preset's `[data]` table, and mistakes in it that need no file to be read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ..errors import PresetError, choose, found

SOURCES = ("sklearn", "csv", "parquet", "feather", "excel", "json", "openml", "shipped", "python")
"""What a source begins with."""

TABLES = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".data": "csv"} | {
    ".parquet": "parquet",
    ".feather": "feather",
    ".xlsx": "excel",
    ".xls": "excel",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
"""What names of tables end in, and the source that reads them."""


class DataSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the data comes from and which rows are held out."""

    source: Annotated[str, Meta(description='"csv:FILE", "sklearn:iris", "parquet:FILE", "python:MODULE:FUNCTION" …')]
    test: str | None = None
    target: str | list[str] | None = None
    """The column to predict; several where the estimator takes them, none where rows are scored by themselves."""
    features: list[str] | None = None
    drop: list[str] = []
    """Columns that are no features."""
    test_size: float = 0.2
    stratify: bool = False
    seed: int = 0
    missing: list[str] = []
    """What stands for no value, besides what pandas takes so."""
    missing_target: Literal["drop"] | None = None
    """What becomes of rows without a target: they are left out; None: they are refused."""
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    skip: int | list[int] = 0
    """How many lines above the header are passed over, or which lines of the file, counted from 1."""
    comment: str | None = None
    """The sign that begins what is no value, to the end of its line."""
    footer: int = 0
    """How many lines at the end are no rows."""
    quote: str | None = None
    """The sign around values that hold a separator; None: quotation marks."""
    sheet: str | int | None = None
    """Of an Excel file, the sheet's name, or its place from 0; None: the first."""
    header: bool = True
    """Whether the first line names the columns; else they are 0, 1, …"""
    names: list[str] | None = None
    """What the columns of a table without a header are called."""
    shared: str | None = None
    """A folder that every host has under this path, from which workers map the data; None: they are sent theirs."""
    positive: str | None = None
    """The class of two that scorers such as recall are about."""
    categories: dict[str, list[str]] = {}
    """Text column -> its values in the order of their codes 0, 1, …; "" stands for missing. Others: sorted."""

    def check(self, file: str) -> None:
        """Raise `PresetError` for what types alone do not say."""
        for key, value in (("source", self.source), ("test", self.test)):
            kind, colon, rest = (value or "csv:x").partition(":")
            if kind not in SOURCES or not colon or not rest:
                allowed = ", ".join(f"{k}:…" for k in SOURCES)
                raise PresetError(file, f"data.{key}", found(value), allowed, _source_meant(value or ""))
        if not 0.0 < self.test_size < 1.0:
            raise PresetError(file, "data.test_size", found(self.test_size), "a share between 0 and 1, such as 0.2")
        if self.shared is not None and not self.shared.startswith(("/", "~/")):
            raise PresetError(file, "data.shared", found(self.shared), "a folder's whole path, the same on every host")
        if not 0 <= self.seed < 2**32:
            raise PresetError(file, "data.seed", found(self.seed), "a whole number from 0 to 4294967295")
        self._check_lines(file)

    def _check_lines(self, file: str) -> None:
        """Check what is said of a file's lines."""
        lines = [self.skip] if isinstance(self.skip, int) else self.skip
        if min(lines, default=1) < (0 if isinstance(self.skip, int) else 1):
            raise PresetError(file, "data.skip", found(self.skip), "how many lines, or a list of lines counted from 1")
        if self.footer < 0:
            raise PresetError(file, "data.footer", found(self.footer), "how many lines at the end are no rows")
        if self.comment is not None and (len(self.comment) != 1 or self.comment in f'"\n\r{self.separator or ""}'):
            raise PresetError(file, "data.comment", found(self.comment), 'one sign, such as "#"')
        if self.quote is not None and (len(self.quote) != 1 or self.quote in f"\n\r{self.separator or ''}"):
            raise PresetError(file, "data.quote", found(self.quote), 'one sign, such as "\'"')
        names = self.names or []
        if twice := next((name for place, name in enumerate(names) if name in names[:place] or not name.strip()), None):
            raise PresetError(file, "data.names", f"{twice!r} stands there twice", "names that are all different")
        if self.names is not None and "" in map(str.strip, names or [""]):
            raise PresetError(file, "data.names", found(self.names), "a name for each column")


def _source_meant(value: str) -> str:
    """Return a hint for a source without its kind, or with one that is nearly right."""
    kind, colon, _ = value.partition(":")
    if colon and len(kind) > 1:  # one letter is a drive
        return choose(kind, [*SOURCES])
    if re.fullmatch(r"\w+", value):
        return f"Did you mean sklearn:{value}?"
    fitting = (TABLES[suffix] for suffix in Path(value.lower()).suffixes if suffix in TABLES)
    return next((f"Did you mean {kind}:{value}?" for kind in fitting), "")


def source_of(path: Path) -> str:
    """Return the kind of source that reads a table: what its name ends in, else CSV."""
    return TABLES.get(path.suffix.lower(), "csv")
