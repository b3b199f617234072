"""Rows that have more or fewer values than the header, and what is amiss with them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

from ..errors import PresetError
from ..text import clean
from .csv_file import Place
from .csv_layout import REMARKS, UNCLOSED, Layout

_AT_THE_END = 5
"""Lines behind the rows that say something of them, at most."""


def check_lengths(lines: Iterable[str], layout: Layout, place: Place) -> None:
    """Raise `PresetError` for the first row that has more or fewer values than the header."""
    if len(layout.separator) > 1:
        return
    expected, odd, behind = len(layout.names), [], 0
    try:
        reader = layout.records(lines)
        for row in reader:
            expected = expected or len(row)
            if row and (len(row) < expected or any(row[expected:])):
                odd.append((reader.line_num, row))
                behind = 0
            elif row and odd:
                behind += 1
            if len(odd) > layout.footer + _AT_THE_END:
                break
    except csv.Error as error:
        raise place.wrong("", f"malformed: {error}", "values under a header, a line a row") from None
    odd = odd[: len(odd) - layout.footer] if layout.footer and not behind else odd
    if odd:
        raise of_another_length(odd, expected, layout, place, last=not behind and len(odd) <= _AT_THE_END)


def of_another_length(
    odd: Sequence[tuple[int, list[str]]], expected: int, layout: Layout, place: Place, *, last: bool
) -> PresetError:
    """Return the error about the first of rows that have another length, with the key that passes them over."""
    line, row = odd[0]
    shown = clean(repr(layout.separator.join(row)), 40)
    longest = max(row, key=len)
    if longest.count("\n") > 1 and layout.separator in longest and last:
        begins = line - longest.rstrip("\n").count("\n")
        raise place.wrong(f"line {begins}", *UNCLOSED)
    if row == [longest] and layout.separator in longest and not last:
        raise place.wrong(f"line {line}", "found quotation marks around the whole line", "none, or around values")
    if any("\\" in value for value in row):
        found = f"found {len(row)} values and a backslash, {expected} in the header"
        raise place.wrong(f"line {line}", found, "quotation marks within values doubled, without backslashes")
    if not layout.comment and all(one[0][:1] == row[0][:1] and one[0][:1] in REMARKS for _, one in odd if one[0]):
        allowed = f'comment = "{row[0][:1]}", which passes over all that stands behind that sign'
        if row[0]:
            return place.asked("data.comment", f"line {line} is {shown}", allowed)
    if last and all(len(one) < expected for _, one in odd) and not layout.footer:
        count = len(odd)
        found = f"line {line}, at the end, is {shown}: {len(row)} values, {expected} in the header"
        return place.asked("data.footer", found, f"footer = {count}, if it is no row")
    return place.wrong(f"line {line}", f"found {len(row)} values", f"{expected}, as in the header")
