"""What columns hold that may be meant otherwise than it was read: a line each, with the key that changes it.

Whatever the kinds of columns (`kinds`) were guessed to be, a person who looks at the values may see more in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ..preset.columns import quoted
from ..text import clean
from .categories import MANY, like
from .epochs import EXCEL, like_unix
from .numerals import NUMBER
from .rows import extremes


def in_numbers(name: str, series: Any) -> list[str]:
    """Return what plain numbers may be besides: days, codes, names of rows, a word for no value."""
    values, shown, key = series.to_numpy(), clean(name, 40), quoted(name)
    if not len(values):
        return []
    low, high = extremes(values)
    if len(values) > 1 and low == high:
        none = f' that have one; [columns] {key} = ["", "{low}"] takes none as 0'
        which = "" if (values == low).all() else none
        return [f"{shown}: one value in all rows{which}; drop = [{key}] leaves it out"]
    if found := next((told for end in (low, high) if (told := _stands_for_none(values, end))), ""):
        return [f"{shown}: {found}"]
    taken = f"{shown}: {low:.0f} looks like a date%s, taken as a number; [columns] {key} = %s reads it as one"
    unix = like_unix(low, high)
    in_seconds = [taken % (" as Unix counts time", f'"{unix}"')] if unix else []
    if series.dtype.kind not in "iu" and not _are_whole(values):
        return in_seconds
    if max(abs(int(low)), abs(int(high))) > 2**53:
        return [_rounded(shown, f"{high:.0f}", key)]
    form = next((form for form, end in _WRITTEN.items() if 19 * end <= low <= high < 21 * end), "")
    if form and series.dtype.kind in "iu" and _are_dates(series, form):
        return [taken % ("", f'"{form}"')]
    if in_seconds and not names_rows(name, series):
        return in_seconds
    if _may_be_excel(name, low, high):
        return [taken % (" as Excel counts days", '"excel"')]
    if names_rows(name, series):
        return [f"{shown}: all different, as if it named the rows, taken as a number; drop = [{key}] leaves it out"]
    return []


def on_far_date(when: Mapping[str, Any], counts: Mapping[str, int]) -> str:
    """Return what to say of the first or last date where it stands in several rows, far from all others; else ""."""
    texts = sorted(when, key=lambda text: when[text])
    if len(texts) <= MANY:
        return ""
    for end, others in ((texts[0], texts[1:]), (texts[-1], texts[:-1])):
        low, high = when[others[0]], when[others[-1]]
        if counts[end] > 1 and max(low - when[end], when[end] - high) > 2 * (high - low):
            told = f"{clean(end, 30)} in {counts[end]} rows, far from all others"
            return f"{told}; data.missing = [{quoted(end)}] takes it as no value"
    return ""


def in_texts(name: str, texts: Sequence[str], *, plain: bool) -> list[str]:
    """Return what texts that are all numbers may be besides; `plain`: nothing else stands among them."""
    shown, key = clean(name, 40), quoted(name)
    if long := [text for text in texts if len(text) > 15 and text.isdigit() and int(text) > 2**53]:
        return [_rounded(shown, long[0], key)]
    if codes := [text for text in texts if _CODE.fullmatch(text)]:
        return [f'{shown}: {codes[0]} is read as {int(codes[0])}; [columns] {key} = "category" keeps it as it is']
    return [f'{shown}: texts that are all numbers, taken as such; [columns] {key} = "category" keeps them'] * plain


def _rounded(shown: str, digits: str, key: str) -> str:
    return f'{shown}: {digits} is rounded as a number; [columns] {key} = "category" keeps all its digits'


def _are_whole(values: Any) -> bool:
    """Tell whether all numbers that there are have no fraction, which few of them deny in most columns."""
    return all(_without_fraction(part[~np.isnan(part)]) for part in (values[:100], values))


def _without_fraction(values: Any) -> bool:
    return len(values) > 0 and bool(np.isfinite(values).all() and (values % 1 == 0).all())


def _may_be_excel(name: str, low: float, high: float) -> bool:
    return low >= EXCEL[0] and high <= EXCEL[1] and _DATED.search(name) is not None


def counts_rows(name: str, series: Any) -> bool:
    """Tell whether each whole number is one more than the one before, as neither years nor days on a calendar are."""
    values = series.to_numpy()
    if series.dtype.kind not in "iuf" or len(values) <= 20 or not (np.diff(values[:20]) == 1).all() or values[0] % 1:
        return False
    years = values[0] >= 1700 and values[-1] <= 2100
    return not years and not _may_be_excel(name, values[0], values[-1]) and bool((np.diff(values) == 1).all())


def names_rows(name: str, series: Any) -> bool:
    """Tell whether whole numbers are all different, in a column that is called an id."""
    called = _ID.search(name) is not None
    whole = series.dtype.kind in "iu" or (series.dtype.kind == "f" and _are_whole(series.to_numpy()))
    return called and whole and len(series) > 20 and bool(series.is_unique) and not counts_rows(name, series)


_ID = re.compile(r"(^|[_ .-])(id|uuid|guid)$|[a-z]I[dD]$", re.IGNORECASE | re.ASCII)


def _stands_for_none(values: Any, end: Any) -> str:
    """Return what to say of the least or greatest number where it stands in several rows, far from all others."""
    nines = (end <= -9 or end >= 99) and abs(end) < 1e7 and set(f"{abs(end):g}") == {"9"}
    if not nines and end != -1:
        return ""
    others = values[(values != end) & ~np.isnan(values)] if values.dtype.kind == "f" else values[values != end]
    count = len(values) - len(others) - (int(np.isnan(values).sum()) if values.dtype.kind == "f" else 0)
    if count < 2 or len(np.unique(others[:1000])) <= (MANY if end == -1 else 2):
        return ""
    low, high = others.min(), others.max()
    far = low >= 0 if end == -1 else (low - end if end < 0 else end - high) >= 2 * max(high - low, abs(high))
    if not far:
        return ""
    return f'{end:g} in {count} rows, far from all others; missing = ["{end:g}"] takes it as no value'


_WRITTEN = {"%Y%m": 10**4, "%Y%m%d": 10**6, "%Y%m%d%H": 10**8, "%Y%m%d%H%M": 10**10, "%Y%m%d%H%M%S": 10**12}
"""How dates are written as one number, and what a century is in it."""

_FRACTION = re.compile(r"[+-]?\d+\.\d+")
_CODE = re.compile(r"0\d+|\+\d{7,}")
"""Digits that are no number's: zeros in front, a telephone's."""

_DATED = re.compile(r"date|day|datum|fecha|tag\b|_at$|_on$", re.IGNORECASE)

_TOTALS = {
    "total",
    "totals",
    "grand total",
    "sum",
    "subtotal",
    "average",
    "mean",
    "summe",
    "gesamt",
    "mittelwert",
    "totale",
}


def _are_dates(series: Any, form: str) -> bool:
    try:
        pd.to_datetime(pd.Series(np.unique(series)).astype("str"), format=form)
    except ValueError:
        return False
    return True


def in_lines(
    records: Sequence[Sequence[str]], frame: Any, file: str, likely: Mapping[str, tuple[Any, str]], *, named: bool
) -> list[str]:
    """Return what a file's header, its first lines and its last row may be besides what they are read as.

    `records` are the first lines' values as written, the header's among them unless the columns are `named` otherwise;
    `frame` is the table that was read; `likely` are keys that seem to be meant, with the reasons.
    """
    if len(records) < 2:
        return []
    notes = on_likely(file, likely)
    header = [] if named else [name.strip() for name in records[0]]
    if twice := [name for place, name in enumerate(header) if name and name in header[:place]]:
        one = clean(twice[0], 40)
        notes.append(f"{len(twice) + 1} columns have the name {one}: the second is {one}.1; data.drop leaves it out")
    for at, (name, dtype) in enumerate(frame.dtypes.items()):
        if dtype.kind not in "iuf":
            continue
        written = [record[at].strip() for record in records[not named :] if at < len(record)]
        if dtype.kind == "f" and _may_part_thousands(written):
            example = next(one for one in written if "." in one)
            notes.append(
                f"{clean(name, 40)}: {example} is read as {float(example):g}; where points part thousands, "
                'data.decimal = "," reads it as ' + example.replace(".", "")
            )
        if dtype.kind in "iu" and (codes := [one for one in written if _CODE.fullmatch(one)]):
            notes.append(
                f"{clean(name, 40)}: {codes[0]} is read as {int(codes[0])}; [columns] can say that it is a category"
            )
    return notes


def on_likely(file: str, likely: Mapping[str, tuple[Any, str]]) -> list[str]:
    """Return a line for each key that seems to be meant."""
    return [
        f"{clean(file, 60)}: {why}; data.{key} = {json.dumps(to)} {_KEYS[key]}" for key, (to, why) in likely.items()
    ]


def _may_part_thousands(texts: Sequence[str]) -> bool:
    """Tell whether numbers have three digits behind the point, or none, and never a zero alone before it."""
    parted = [text for text in texts if "." in text]
    return len(parted) > MANY // 2 and all(_PARTED.fullmatch(text) for text in texts if text)


_PARTED = re.compile(r"[+-]?([1-9]\d{0,2}(\.\d{3})?|0)")
_KEYS = {"header": "takes it as a row", "footer": "leaves it out", "quote": "takes these signs off"}


def with_totals(frame: Any) -> str:
    """Return what a last row holds that sums up the others, "" where nothing says so."""
    last = [str(value).strip() for value in frame.iloc[-1] if isinstance(value, str)]
    totals = [value for value in last if value.casefold().partition(":")[0] in _TOTALS]
    return f"its last row holds {like(totals[0])}, as if it summed up the others" if totals else ""


def without_header(names: Sequence[str], frame: Any) -> str:
    """Return what a header holds that are values like those below it, "" where they are names.

    They are values where one is a fraction, and where all are numbers above numbers, or texts of their own columns:
    but for numbers that go on one by one, as years do, and pandas' own names.
    """
    plain = [name.strip() for name in names]
    shown = f"its first line holds {', '.join(clean(name, 20) for name in plain[:3])}, as if it were values"
    if any(_FRACTION.fullmatch(name) for name in plain):
        return shown
    if len(plain) > 2 and all(_is_often(name, frame.iloc[:, at]) for at, name in enumerate(plain)):
        return shown
    whole = [int(name) for name in plain if re.fullmatch(r"[+-]?\d{1,15}", name)]
    steps = {after - before for before, after in pairwise(whole)}
    years = all(1000 <= one < 3000 for one in whole) and min(steps, default=1) > 0
    if len(plain) < 2 or not whole or years or steps == {1}:
        return ""
    return shown if all(_is_value(name, frame.iloc[:, at]) for at, name in enumerate(plain)) else ""


def _is_often(name: str, column: Any) -> bool:
    return column.dtype.kind in "OTU" and int((column.astype("str").str.strip() == name).sum()) > 1


def _is_value(name: str, column: Any) -> bool:
    if column.dtype.kind in "iuf":
        return bool(NUMBER.fullmatch(name))
    texts = column.dropna().astype("str").str.strip()
    apart = len(texts) > 20 and texts.nunique() > 0.5 * len(texts)
    return name in set(texts) or (apart and not name.isidentifier())
