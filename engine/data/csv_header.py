"""Headers that stand elsewhere than once, in the first line, with a name for each column.

A second line of names or units, and headers that come again between rows, are asked for; rows with one value more than
there are names begin with their own names, as R and pandas write them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from ..text import clean
from .csv_file import Place, opened
from .csv_layout import WORD, Layout, columns_of, first_records, numbered
from .csv_rows import of_another_length
from .numerals import NUMBER
from .readings import PANDAS_MISSING, says_nothing

if TYPE_CHECKING:
    from ..preset.data_spec import DataSpec

ROW_NAMES = "Unnamed: 0"
"""What pandas calls the column of rows' own names."""

_MOST_LISTED = 50


def header_of(text: str, layout: Layout, place: Place) -> list[str]:
    """Return the columns' names as pandas gives them: `a` and `a.1` where two are alike, `Unnamed: 0` for none."""
    if layout.names:
        return list(layout.names)
    lines = io.StringIO(text, newline="")
    records = first_records(layout.records(lines)) if len(layout.separator) == 1 else []
    if len(records) > 1 and len(records[1]) > len(records[0]):
        expected = len(records[0])
        if all(not "".join(row[expected:]).strip() for row in (records[1:-1] or records[1:])):
            return columns_of(text, layout, place)  # separators end each row, of which pandas makes nothing
        line = next((number for number, row in numbered(text, layout) if row == records[1]), 2)
        raise of_another_length([(line, records[1])], expected, layout, place, last=False)
    return columns_of(text, layout, place)


def with_row_names(text: str, layout: Layout) -> Layout:
    """Return the layout with a name for the first column where all rows have a value more than the header.

    That value is a row's name where it is another one in each: a count, or no number.
    """
    if layout.separator == r"\s+":
        lines = enumerate(layout.rows(io.StringIO(text, newline="")), 1)
        rows = [(number, [word.strip('"') for word in WORD.findall(line)]) for number, line in lines if line.strip()]
    elif len(layout.separator) == 1:
        rows = [(number, row) for number, row in numbered(text, layout) if row]
    else:
        return layout
    (line, names), below = rows[0], [row for _, row in rows[1 : (len(rows) - 1 if len(rows) > 3 else None)]]
    if len(below) < 2 or any(len(row) != len(names) + 1 for row in below) or not any(row[-1].strip() for row in below):
        return layout
    first = [row[0] for row in below]
    counted = all(one.isdecimal() for one in first) and all(int(b) - int(a) == 1 for a, b in pairwise(first))
    different = len(set(first)) == len(first) and not any(map(NUMBER.fullmatch, first))
    if len({ROW_NAMES, *names}) <= len(names) or not (counted or different):
        return layout
    skip = line if isinstance(layout.skip, int) else (*layout.skip, line)
    return replace(layout, names=(ROW_NAMES, *names), skip=skip)


_IMPORTED = '{"ImportId"'
"""What each value of the third line begins with in what Qualtrics exports."""

_MOST_ABOVE = 3
"""Lines of words between a header and the rows, at most."""


def check_header(rows: Sequence[tuple[int, Sequence[str]]], frame: Any, spec: DataSpec, place: Place) -> None:
    """Raise `PresetError` where further lines of names, or of units, stand between the header and the rows.

    `rows` are the first lines' values, each with the number of the line that it ends in; `frame` is the table.
    """
    if len(rows) < 4 or not isinstance(spec.skip, int):
        return
    if all(value.startswith(_IMPORTED) for value in rows[2][1]):
        found = f"line {rows[2][0]} holds Qualtrics' own names of the columns, the one above it the questions"
        lines = list(range(rows[0][0] + 1, rows[2][0] + 1))
        raise place.asked("data.skip", found, f"skip = {lines}, which leaves them out")
    texts = [name for name, dtype in frame.dtypes.items() if dtype.kind in "OTU"]
    nothing = {*spec.missing, *PANDAS_MISSING}
    columns = [above for name in texts if (above := _above_numbers(frame[name]))]
    words = [above for above in columns if not any(word in nothing or says_nothing(word) for word in above)]
    if len(words) < 2 or len(words) <= frame.iloc[0].drop(texts).notna().sum():
        return
    last = max(map(len, words))
    last += last == 1 and 2 * sum(1 for value in rows[2][1] if value.strip()) < len(rows[2][1])
    lines = list(range(rows[0][0] + 1, rows[last][0] + 1))
    header, below = f"skip = {rows[0][0]}, if that is the header", f"skip = {lines}, if that is none"
    more = [len({name.strip() for name in record} - {""}) for _, record in rows[:2]]
    named = frame.iloc[0].notna().all() and all(re.fullmatch(r"Unnamed: \d+|[A-Za-z]?\d*", n) for n in frame.columns)
    second = last == 1 and (more[1] > more[0] or (more[1] == more[0] and named))
    shown = ", ".join(clean(repr(above[0]), 20) for above in words[:3])
    allowed = f"{header}; {below}" if second else f"{below}; {header}"
    raise place.asked("data.skip", f"the first row holds {shown} above numbers alone", allowed)


def _above_numbers(column: Any) -> list[str]:
    """Return a column's first values where these are words, and all that follow are numbers."""
    texts = column.iloc[:200].fillna("").astype("str").str.strip().tolist()
    above = list(takewhile(lambda text: text and not NUMBER.fullmatch(text), texts[: _MOST_ABOVE + 1]))
    below = [text for text in texts[len(above) :] if text]
    return above if len(above) <= _MOST_ABOVE and len(below) > 1 and all(map(NUMBER.fullmatch, below)) else []


def check_repeated(header: Sequence[str], frame: Any, layout: Layout, place: Place) -> None:
    """Raise `PresetError` where the header comes again between the rows, as in files that were put together."""
    if any(kind.kind not in "OTU" for kind in frame.dtypes) or len(header) != len(frame.columns):
        return
    again = np.flatnonzero((frame.iloc[:, 0] == header[0]).to_numpy(dtype=bool, na_value=False))
    if not len(again) or any(list(frame.iloc[row]) != list(header) for row in again):
        return  # a value, where the first one alone comes again
    with opened(place, layout.compression) as stream:
        whole = io.TextIOWrapper(stream, encoding=layout.encoding, newline="").read()
    lines = [number for number, row in numbered(whole, layout) if row == list(header)][1:]
    more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
    found = f"line {lines[0]}{more} repeat{'s' * (not more)} the header"
    skipped = list(range(1, layout.skip + 1)) if isinstance(layout.skip, int) else list(layout.skip)
    listed = f"skip = {[*skipped, *lines]}, which leaves them out" if len(lines) <= _MOST_LISTED else "a table without"
    raise place.asked("data.skip", found, listed)
