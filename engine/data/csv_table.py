"""Tables from CSV files, as pandas reads them.

What comes back is raw: a column is numbers where every value that is there is one, else text as it was written; empty
cells alone are missing. What text means (`n/a`, `1,5`, a date) is `kinds`' to say. Separator and the marks at a file's
beginning are recognised; whatever else about a file cannot be known is asked for (`csv_layout`).
"""

from __future__ import annotations

import csv
import importlib.util
import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..text import clean
from .csv_arrow import read_arrow
from .csv_file import DAMAGED, Place, damaged, decoded, encoding_of, head_of, not_text, opened
from .csv_header import ROW_NAMES, check_header, check_repeated, header_of, with_row_names
from .csv_layout import NAMED, OPEN, Layout, first_records, in_other_quotes, layout_of, numbered, open_quotation
from .csv_rows import check_lengths
from .decimals import decimal_of
from .numerals import with_comma
from .readings import PANDAS_MISSING
from .rows import extremes
from .surprises import in_lines, with_totals, without_header

if TYPE_CHECKING:
    from ..preset.data_spec import DataSpec

_LARGE = 4_000_000
"""Bytes from which on a file is worth pyarrow's threads."""


@dataclass(frozen=True)
class RawTable:
    """A file's columns, and how it was found to be written where that is worth a line."""

    frame: pd.DataFrame
    layout: Layout = field(default_factory=Layout)
    """Of a file that is no CSV, what is said of its lines."""
    notes: tuple[str, ...] = ()
    likely: dict[str, tuple[Any, str]] = field(default_factory=dict)
    """Keys of `[data]` that nobody set and that seem to be meant, each with a value and the reason."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What pandas is told of a file that is no CSV."""


_NO_ROWS = ("found a header and no rows", "at least one row")


def read_csv(path: Path, key: str, file: str, spec: DataSpec) -> RawTable:
    """Return the columns of a CSV file; raise `PresetError` with file and line, or with the key to write."""
    place = Place(path, key, file)
    head = head_of(place)
    encoding = spec.encoding or encoding_of(head.content, place)
    text = decoded(head, encoding, place)
    layout = layout_of(text, place, spec, encoding, head.compression)
    if head.whole and '"' not in text and sum(map(bool, map(str.strip, layout.rows(text.splitlines())))) < 2:
        # pandas takes seconds to make nothing of very many columns
        raise place.wrong("", *_NO_ROWS)
    if spec.header and not spec.names:
        layout = with_row_names(text, layout)
    names = header_of(text, layout, place)
    records = first_records(layout.records(io.StringIO(text, newline=""))) if len(layout.separator) == 1 else []
    even = all(len(record) == len(names) for record in records[1:2])
    if layout.plain and even and path.stat().st_size > _LARGE and importlib.util.find_spec("pyarrow"):
        layout = replace(layout, engine="pyarrow")
    frame = _read(place, layout)
    if len(frame.columns) != len(names) or not len(frame):
        raise place.wrong("", *_NO_ROWS)
    frame.columns = pd.Index(names)
    if frame.iloc[:, -1].isna().any():
        _check_lengths(place, layout)  # pandas fills short rows up
    decimal = spec.decimal or decimal_of(frame, (), layout.separator)
    frame, layout = _as_written(place, layout, frame, commas=decimal == ",")
    likely: dict[str, tuple[Any, str]] = {}
    if not layout.names:
        check_repeated(records[0] if records else [], frame, layout, place)
        if len(layout.separator) == 1:
            check_header([row for row in islice(numbered(text, layout), 60) if row[1]], frame, spec, place)
        written = records[0] if records and len(records[0]) == len(names) else names
        likely |= {"header": (False, why)} if (why := without_header(written, frame)) else {}
    if spec.quote is None and (one := in_other_quotes(text, layout.separator)):
        likely["quote"] = ("'", f"its values stand in apostrophes, such as {clean(one, 40)}")
    if not layout.footer:
        likely |= {"footer": (1, why)} if (why := with_totals(frame)) else {}
    notes = in_lines(records, frame, path.name, likely, named=bool(layout.names))
    if layout.names[:1] == (ROW_NAMES,) and not spec.names:
        notes.append(f"{path.name}: rows have a value more than the header, the first of which is {ROW_NAMES}")
    if layout.separator != "," and spec.separator is None:
        notes.append(f"{path.name} is read as separated by {NAMED[layout.separator]}: data.separator")
    if encoding.startswith(("utf-16", "utf-32")) and spec.encoding is None:
        notes.append(f"{path.name} is read as {encoding.upper()}: data.encoding")
    return RawTable(frame, layout, tuple(notes), likely)


def _read(place: Place, layout: Layout) -> pd.DataFrame:
    """Return the frame, its columns in order; their names are not to be relied on."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if layout.engine == "pyarrow":
                return read_arrow(place.path, layout.separator)
            return pd.read_csv(place.path, **layout.options())
    except UnicodeDecodeError:
        raise not_text(layout.encoding, place, layout.compression) from None
    except pd.errors.EmptyDataError:
        raise place.wrong("", "found an empty file", "a header line and rows") from None
    except DAMAGED as error:
        raise damaged(error, place, layout.compression) from None
    except (ValueError, csv.Error) as error:
        _check_lengths(place, layout)
        if OPEN in str(error):
            with opened(place, layout.compression) as stream:
                lines = io.TextIOWrapper(stream, encoding=layout.encoding, newline="")
                raise open_quotation(lines, layout, place) from None
        raise place.wrong("", f"malformed: {error}", "values under a header, a line a row") from None


def _as_written(place: Place, layout: Layout, frame: Any, *, commas: bool) -> tuple[Any, Layout]:
    """Return the columns anew, as text those of which a number has lost something: long digits, or thousands' points.

    `commas`: these mark the file's decimals, so that 1.234 is none.
    """
    numbers = {at: frame.iloc[:, at].to_numpy() for at, kind in enumerate(frame.dtypes) if kind.kind == "f"}
    lost = [at for at, one in numbers.items() if commas or max(map(abs, extremes(one))) > 2**53]
    if not lost:
        return frame, layout
    options = layout.options("python" if layout.engine == "python" else "c") | {"usecols": lost, "dtype": "str"}
    texts = pd.read_csv(place.path, **options)
    kept = []
    for at, name in zip(lost, texts.columns, strict=True):
        there = [text.strip() for text in texts[name].dropna().unique()]
        points = commas and any("." in text for text in there)
        if all(with_comma(text) or text in PANDAS_MISSING for text in there) and (points or not commas):
            kept.append(at)
            frame.isetitem(at, texts[name])
    return frame, replace(layout, texts=tuple(str(frame.columns[at]) for at in kept))


def _check_lengths(place: Place, layout: Layout) -> None:
    """Raise `PresetError` for the first row that has more or fewer values than the header."""
    with opened(place, layout.compression) as stream:
        try:
            check_lengths(io.TextIOWrapper(stream, encoding=layout.encoding, newline=""), layout, place)
        except UnicodeDecodeError:
            raise not_text(layout.encoding, place, layout.compression) from None
