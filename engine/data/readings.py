"""How the columns of a table were read, written down so that other rows are read the same way (a schema).

Kinds are guessed from all rows of the table that a run was made with (`kinds`). Rows that come later are not guessed
at: what a value means in them is what it meant there, and a value that meant nothing there is an error that names the
first row that has it. New categories alone are let through, for encoders have an answer for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
import pandas as pd

from ..errors import UsageError, choose
from ..preset.columns import Kind
from ..text import clean, listed
from .epochs import EPOCHS, moments
from .numerals import NUMBER, marked, number
from .rough_numbers import ROUGH, rough
from .spans import SPAN, seconds_of

READING = "3"
"""How tables are read, as runs note it: another one wherever the same file comes to other values than before."""

_MISSING = "|#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null|?"
PANDAS_MISSING = frozenset(_MISSING.split("|"))
"""What pandas takes as missing, and a question mark, as the tables of the UCI repository have it."""


PLACEHOLDERS = frozenset((r"\N", ".a", ".z", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"))
"""What databases, Stata and Excel write where there is no number."""

_NO_VALUE = (
    "na nan nat null nil ka nv sd nodata noanswer notavailable notapplicable notreported notrecorded keineangabe "
    "nichtverfügbar sindatos nodisponible nonrenseigné nondisponible"
)
_WORDS = frozenset(_NO_VALUE.split())
_OWN_WORDS = frozenset(("missing", "none", "unknown", "unk", "undefined", "unbekannt", "desconocido", "inconnu"))
"""What may be a category of its own where it stands among words."""

_SIGNS = frozenset("-–—.…*?#:_/[](){}")


def says_nothing(text: str) -> bool:
    """Tell whether people write that for a missing number: taken as such, with a note, among numbers alone."""
    if len(text) > 20:
        return False
    letters = "".join(filter(str.isalnum, text.casefold()))
    return text in PLACEHOLDERS or letters in _WORDS or letters in _OWN_WORDS or _SIGNS.issuperset(text)


def hardly_says(text: str) -> bool:
    """Tell whether it hardly is a category of its own among words."""
    return says_nothing(text) and "".join(filter(str.isalnum, text.casefold())) not in _OWN_WORDS and text != "#"


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one column is read: its whole name, its kind, and what its values mean as text."""

    name: str
    kind: Kind
    text: bool = False
    """The column came as text, not as numbers."""
    missing: list[str] = []
    """What stands for no value, besides what pandas takes so."""
    decimal: Literal["", ".", ","] = ""
    """What marks decimals; "": they are numbers as any program writes them."""
    mark: str = ""
    """What stands beside each number, such as $ or kg."""
    form: str = ""
    """A date's format, or how numbers are written: `spans`, `rough_numbers`, `epochs`."""
    pair: list[str] = []
    """What means no and yes."""
    order: list[str] = []
    """The values in the order of their numbers."""
    values: list[str | int | float | bool] = []
    """The categories that there were."""


class Table(msgspec.Struct, frozen=True):
    """Rows as an estimator takes them, and what to know about them."""

    frame: Any
    """A DataFrame, a column for each reading, in their order."""
    notes: list[str]


def read_as(frame: pd.DataFrame, readings: Sequence[Reading], file: str) -> Table:
    """Return the columns of a raw table (`csv_table`) as those of `readings` were read.

    Raises `UsageError` with the file, the column and the first row where one is missing or holds what it cannot.
    """
    known = [str(name) for name in frame.columns]
    _check_names(known, readings, file)
    notes = []
    if others := [name for name in known if name not in {one.name for one in readings}]:
        notes.append(f"columns that the model does not know, passed over: {listed(others, 10)}")
    made: dict[str, Any] = {}
    for one in readings:
        made[one.name] = _column(frame[one.name], one, file, notes)
    return Table(pd.DataFrame(made, index=frame.index, copy=False), notes)


def _check_names(known: list[str], readings: Sequence[Reading], file: str) -> None:
    absent = [one.name for one in readings if one.name not in known]
    if not absent:
        return
    near = choose(absent[0], [clean(name, 80) for name in known])
    what = f"column{'s' * (len(readings) != 1)} {'is' if len(absent) == 1 else 'are'}"
    raise UsageError(
        f"{clean(file, 300)}: {len(absent)} of the model's {len(readings)} {what} missing: {listed(absent, 10)}; "
        f"there are {listed(known, 10)}. {near}".strip()
    )


def _column(series: Any, one: Reading, file: str, notes: list[str]) -> Any:
    """Return the values of a column, through each of its different texts once."""
    if one.kind == "number" and not one.order and not one.text and series.dtype.kind in "iuf":
        given = [float(text) for text in one.missing if NUMBER.fullmatch(text)]
        return series.astype("float64").mask(series.isin(given)) if given else series
    if one.kind == "date" and series.dtype.kind == "M":
        return series.dt.tz_localize(None)
    if one.form in EPOCHS and series.dtype.kind in "iuf":
        return _moments(
            series.mask(series.isin([float(text) for text in one.missing if NUMBER.fullmatch(text)])), one, file
        )
    codes, values = pd.factorize(series)
    all_of = _Values(one, file, codes, [_text(value, one) for value in values])
    gone = [text in PANDAS_MISSING or text in one.missing for text in all_of.texts]
    if one.kind == "category":
        return _categories(all_of, gone, notes)
    if one.kind == "text":
        words = ["" if out else text for text, out in zip(all_of.texts, gone, strict=True)]
        return pd.Series(np.append(np.array(words, dtype=object), "")[codes], dtype="str")
    if one.form in EPOCHS:
        read = [math.nan if out else _of_number(text, all_of) for text, out in zip(all_of.texts, gone, strict=True)]
        return _moments(pd.Series(np.append(read, math.nan)[codes]), one, file)
    if one.kind == "date":
        return _dates(all_of, gone)
    absent = float(one.order.index("")) if "" in one.order else math.nan
    meaning = _of_order if one.order else _of_pair if one.pair else _of_span if one.form == SPAN else _of_number
    read = [
        absent if _is_gone(text, out, one) else meaning(text, all_of)
        for text, out in zip(all_of.texts, gone, strict=True)
    ]
    return np.append(np.asarray(read, dtype=np.float64), absent)[codes]


def _moments(numbers: Any, one: Reading, file: str) -> Any:
    try:
        return moments(numbers, one.form)
    except ValueError as error:
        found = f"holds no moments as {one.form} counts them: {clean(error, 100)}"
        raise UsageError(f"{clean(file, 300)}: column {clean(one.name, 80)} {found}") from None


def _is_gone(text: str, gone: bool, one: Reading) -> bool:
    """Tell whether a text is no value: a word such as None is one where it has a place in the order."""
    return gone and text not in [word.strip() for word in one.order]


def _text(value: object, one: Reading) -> str:
    """Return a value as the text that it was there: whole numbers come with a point where others are missing."""
    text = str(value).strip()
    if isinstance(value, int | float) and not isinstance(value, bool) and one.kind in ("category", "yes/no"):
        known = {str(word) for word in (*one.values, *one.pair)}
        same = [str(int(value))] if math.isfinite(value) and value == int(value) else []
        return next((form for form in (text, *same, f"{value:.1f}") if form in known), text)
    return text


@dataclass(frozen=True)
class _Values:
    """The different texts of a column, and where each row has which."""

    one: Reading
    file: str
    codes: np.ndarray
    texts: list[str]

    def wrong(self, text: str, allowed: str) -> UsageError:
        """Return the error about a text that the column cannot hold, with the first row that has it."""
        row = int((self.codes == self.texts.index(text)).argmax()) + 1
        return UsageError(
            f"{clean(self.file, 300)}: column {clean(self.one.name, 80)} holds {clean(repr(text), 60)} in row {row}; "
            f"allowed: {clean(allowed, 300)}"
        )


def _of_number(text: str, all_of: _Values) -> float:
    one, part = all_of.one, text
    if one.form == ROUGH and (value := rough(text, one.decimal)) is not None:
        return value
    found = marked(text) if one.decimal else None
    if found is not None and found.mark in ("", one.mark):
        part = found.number
    plain = float(part) if NUMBER.fullmatch(part) else None
    value = number(part, one.decimal) if one.decimal else plain
    if value is None:
        raise all_of.wrong(text, f"a number{' with a decimal comma' if one.decimal == ',' else ''}, or nothing")
    return value


def _of_span(text: str, all_of: _Values) -> float:
    try:
        return seconds_of([text])[0]
    except ValueError:
        raise all_of.wrong(text, "a span of time such as 3 days or 1h 20min") from None


def _of_pair(text: str, all_of: _Values) -> float:
    pair = all_of.one.pair
    words = [word.lower() for word in pair]
    if text not in pair and (text.lower() not in words or len(set(words)) < 2):
        raise all_of.wrong(text, f"{pair[0]} or {pair[1]}, or nothing")
    return float(pair.index(text) if text in pair else words.index(text.lower()))


def _of_order(text: str, all_of: _Values) -> float:
    order = [word.strip() for word in all_of.one.order]
    if text not in order:
        raise all_of.wrong(text, ", ".join(order))
    return float(order.index(text))


def _categories(all_of: _Values, gone: list[bool], notes: list[str]) -> Any:
    """Return categories, the new ones behind those that there were."""
    one, codes, texts = all_of.one, all_of.codes, all_of.texts
    known = {str(value): place for place, value in enumerate(one.values)}
    new = sorted({text for text, out in zip(texts, gone, strict=True) if not out and text not in known})
    if new:
        counts = np.bincount(codes[codes >= 0], minlength=len(texts))
        rows = sum(int(count) for text, count in zip(texts, counts, strict=True) if text in set(new))
        shown = ", ".join(clean(repr(text), 24) for text in new[:3]) + (", …" if len(new) > 3 else "")
        notes.append(f"column {clean(one.name, 80)} holds what the model has never seen, in {rows} rows: {shown}")
    place = known | {text: len(known) + index for index, text in enumerate(new)}
    found = [-1 if out and text not in known else place[text] for text, out in zip(texts, gone, strict=True)]
    kind = "str" if all(isinstance(value, str) for value in one.values) else object
    categories = pd.Index([*one.values, *new], dtype=kind)
    return pd.Categorical.from_codes(np.append(np.array(found, dtype=np.int64), -1)[codes], categories=categories)


def _dates(all_of: _Values, gone: list[bool]) -> np.ndarray:
    never = np.datetime64("NaT", "s")
    when = []
    for text, out in zip(all_of.texts, gone, strict=True):
        try:
            moment: Any = pd.to_datetime("" if out else text, format=all_of.one.form, utc=True)
        except ValueError:
            raise all_of.wrong(text, f"a date such as {all_of.one.form}") from None
        when.append(never if out else moment.tz_localize(None).to_datetime64().astype("datetime64[s]"))
    return np.array([*when, never], dtype="datetime64[s]")[all_of.codes]
