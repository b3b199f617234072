"""Files of rows that come after a run: written as the run's own data were, or in another way, which is told."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from ..data.csv_table import read_csv
from ..data.other_tables import read_other
from ..errors import PresetError, UsageError
from ..files import only_plain
from ..preset.data_spec import DataSpec, source_of
from ..text import clean
from .model import JOBLIB, SKOPS, ModelFacts, Source

_ALL_LINES: dict[str, Any] = {"skip": 0, "comment": None, "footer": 0, "header": True, "names": None, "sheet": None}
"""A file without lines that are no rows, and of one sheet."""

_HEAD = 1 << 20
"""Bytes at a file's beginning that its encoding is told by."""

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def rows_of(path: Path, facts: ModelFacts, named: str) -> tuple[pd.DataFrame, list[str]]:
    """Return a file's columns as they are written, and what about them is not as in the run's own data.

    A preset's separator and encoding hold where they fit; raises `UsageError`, which knows the file as `named`.
    """
    if path.name in (SKOPS, JOBLIB):
        raise UsageError(f"{named} is a model: name the run or model first, and then a table")
    try:
        return _likeliest(path, facts, named)
    except PresetError as error:
        # what a preset could say of a file of its own is no help here
        where = f"{clean(error.key)}: " if error.key and not error.key.startswith("data.") else ""
        hint = f"; {error.hint}" if error.hint and not error.hint.startswith("Named by") else ""
        raise UsageError(f"{named}: {where}{clean(error.found, 300)}{hint}") from None


def _likeliest(path: Path, facts: ModelFacts, named: str) -> tuple[pd.DataFrame, list[str]]:
    """Return what the first way of reading gives by which the model's columns are all there, else the first of all."""
    wanted = {one.name for one in facts.columns}
    first: tuple[pd.DataFrame, list[str]] | PresetError | None = None
    for way in _ways(path, facts.source):
        try:
            frame = _read(path, way, named)
        except PresetError as error:
            first = first or error
            continue
        if wanted <= set(frame.columns) and not (way.names and _begins_with_names(frame)):
            return frame, _told(facts.source, way)
        first = first or (frame, _told(facts.source, way))
    if isinstance(first, PresetError):
        raise first
    assert first is not None
    return first


def _begins_with_names(frame: pd.DataFrame) -> bool:
    """Tell whether the first row holds the columns' names: a header, in a file that was to have none."""
    return len(frame) > 0 and list(frame.iloc[0].astype("str")) == list(frame.columns)


def _ways(path: Path, source: Source) -> Iterator[Source]:
    """Yield how a file may be written, the likeliest first."""
    text = source_of(path) == "csv"
    likely = msgspec.structs.replace(source, encoding=_encoding(path, source.encoding)) if text else source
    ways = [likely]
    if text and source.separator is not None:
        ways.append(msgspec.structs.replace(likely, separator=None))
    yield from ways
    yield from (plain for way in ways if (plain := msgspec.structs.replace(way, **_ALL_LINES)) not in ways)


def _encoding(path: Path, said: str | None) -> str | None:
    """Return the encoding of a file whose kin are in the one that a preset says; None: it is recognised."""
    if said is None:
        return None
    try:
        with open(path, "rb", opener=only_plain) as file:
            head = file.read(_HEAD)
    except OSError:
        return said
    if head.startswith(_MARKS):
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return said
    # text of another encoding that is no plain ASCII is no UTF-8 by chance
    return said if head.isascii() else "utf-8"


def _read(path: Path, way: Source, named: str) -> pd.DataFrame:
    kind, spec = source_of(path), DataSpec("csv:", **msgspec.structs.asdict(way))
    if kind != "csv":
        return read_other(kind, path.absolute(), "", named, spec).frame
    return read_csv(path.absolute(), "", named, spec).frame


def _told(source: Source, way: Source) -> list[str]:
    keys = [key for key in ("encoding", "separator") if getattr(source, key) != getattr(way, key)]
    notes = [
        f"read with {f'{key} {getattr(way, key)}' if getattr(way, key) else f'the {key} that it seems to have'}, "
        f"not as the run's own data, which have {clean(repr(getattr(source, key)), 40)}"
        for key in keys
    ]
    said = {key: value for key in _ALL_LINES if (value := getattr(source, key)) != _ALL_LINES[key]}
    shown = clean(", ".join(f"{key} = {msgspec.json.encode(value).decode()}" for key, value in said.items()), 120)
    if any(getattr(source, key) != getattr(way, key) for key in said):
        notes.append(f"read as a header and rows alone, not as the run's own data, which have {shown}")
    elif said.keys() & {"skip", "comment", "footer", "sheet"}:
        notes.append(f"lines are passed over as in the run's own data: {shown}")
    return notes
