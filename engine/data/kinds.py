"""Kinds of a table's columns (type inference), from all its rows: numbers, categories, text, dates or yes/no.

Only text has to be looked at, and of it only the values that differ. Whatever is surprising about a column (numbers
among which something else stands, a column that merely counts the rows) becomes a note, one line each, that says which
key changes it; where nothing sensible can be assumed, the preset is asked to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import mul
from typing import Any

import numpy as np
import pandas as pd

from ..errors import PresetError, choose
from ..preset.columns import KINDS, Column, Columns, Kind, quoted
from ..text import clean
from .categories import MANY, differ_in_numbers, in_category
from .dates import any_form, form_of, hides, is_never, like_one
from .decimals import decimal_of
from .different import Different
from .epochs import EPOCHS, moments
from .numerals import NUMBER, THOUSANDS, Marked, marked, number, parts_thousands, with_comma
from .pairs import pair_of
from .plain_types import note_on_type, plain
from .readings import PANDAS_MISSING, Reading, hardly_says, says_nothing
from .rough_numbers import ROUGH, all_rough
from .spans import SPAN, seconds_of
from .surprises import counts_rows, in_numbers, in_texts, on_far_date

_WORDS_OF_TEXT, _LENGTH_OF_TEXT = 4, 40


@dataclass(frozen=True)
class Said:
    """What a preset says about its table's values."""

    file: str
    columns: Mapping[str, str | list[str]] = field(default_factory=dict)
    missing: Sequence[str] = ()
    decimal: str | None = None
    separator: str = ","
    """As the file was found to have it."""


@dataclass(frozen=True)
class Typed:
    """Features with types of their own, what kind each is, and what to know about them."""

    frame: pd.DataFrame
    columns: Columns
    notes: tuple[str, ...]
    readings: tuple[Reading, ...] = ()
    """How each column was read, for other rows."""


def typed(frame: Any, said: Said) -> Typed:
    """Return the features in `frame` with their kinds; raise `PresetError` where the preset has to say more."""
    for name in said.columns:
        if name not in frame.columns:
            known = [str(column) for column in frame.columns]
            raise PresetError(said.file, f"columns.{name}", "no such feature", ", ".join(known), choose(name, known))
    notes: list[str] = []
    readings: list[Reading] = []
    made: dict[str, Any] = {}
    decimal = said.decimal or decimal_of(frame, said.columns, said.separator)
    for name in frame.columns:
        notes += note_on_type(str(name), frame[name])
        reading, values = _typed_column(str(name), frame[name], said, decimal, notes)
        readings.append(reading)
        made[str(name)] = values
    if commas := [clean(one.name, 40) for one in readings if one.decimal == ","]:
        more = f" and {len(commas) - 1} more" if len(commas) > 1 else ""
        notes.append(f"{commas[0]}{more}: numbers, read with a comma before the decimals: data.decimal")
    columns = tuple(Column(one.name, one.kind) for one in readings)
    return Typed(pd.DataFrame(made, index=frame.index, copy=False), columns, tuple(notes), tuple(readings))


def _typed_column(
    name: str, series: pd.Series, said: Said, decimal: str | None, notes: list[str]
) -> tuple[Reading, Any]:
    told, series = said.columns.get(name), plain(name, series, said.file)
    if isinstance(told, list):
        values = _ordered(Different.of(name, series, said.file), told, said, f"columns.{name}")
        return Reading(name, "number", missing=list(said.missing), order=told), values
    if told is not None and told not in (*KINDS, SPAN, *EPOCHS) and "%" not in told:
        words = ", ".join((*KINDS, SPAN, *EPOCHS))
        allowed = f"{words}, a date's format such as %d.%m.%Y, or a list of values in their order"
        raise PresetError(said.file, f"columns.{name}", f"found {clean(repr(told), 60)}", allowed)
    kind = series.dtype.kind
    if kind == "b" and told in (None, "number", "yes/no"):
        return Reading(name, told or "yes/no", pair=["False", "True"]), series.astype("int8")
    if kind in "iuf" and told in (None, "number"):
        return Reading(name, "number", missing=list(said.missing)), _plain_numbers(name, series, said, notes)
    if kind in "iuf" and told in EPOCHS:
        values = _moments(name, _known(series, said), told, said.file)
        return Reading(name, "date", missing=list(said.missing), form=told), values
    if kind == "M" and told in (None, "date"):
        return Reading(name, "date", form="ISO8601"), series.dt.tz_localize(None)
    if isinstance(series.dtype, pd.CategoricalDtype) and told in (None, "category"):
        return Reading(name, "category", values=series.cat.categories.tolist()), series
    text = _Text(Different.of(name, series, said.file), said, decimal, notes)
    kind, values = text.typed(told)
    return text.reading(kind, values), values


def _plain_numbers(name: str, series: pd.Series, said: Said, notes: list[str]) -> pd.Series:
    series = _known(series, said)
    if series.dtype.kind == "f" and np.isnan(series.to_numpy()[:20]).all() and series.isna().all():
        notes.append(f"{clean(name, 40)}: no value in any row; drop = [{quoted(name)}] leaves it out")
    elif counts_rows(name, series):
        notes.append(f"{clean(name, 40)} merely counts the rows; drop = [{quoted(name)}] leaves it out")
    notes += in_numbers(name, series)
    return series


def _known(series: pd.Series, said: Said) -> pd.Series:
    """Return numbers without those that a preset takes as missing."""
    given = [float(text) for text in said.missing if NUMBER.fullmatch(text)]
    return series.astype("float64").mask(series.isin(given)) if given and series.isin(given).any() else series


def _moments(name: str, numbers: pd.Series, form: str, file: str) -> pd.Series:
    try:
        return moments(numbers, form)
    except ValueError as error:
        found = f"no moments as {form} counts them: {clean(error, 100)}"
        raise PresetError(file, f"columns.{name}", found, ", ".join(('"number"', *map(quoted, EPOCHS)))) from None


def _ordered(values: Different, order: list[str], said: Said, key: str) -> np.ndarray:
    """Return each row's place in the order given, NaN where a value is missing and has no place there."""
    places = {text.strip(): float(place) for place, text in enumerate(order)}
    missing = PANDAS_MISSING | set(said.missing)
    for text in values.texts:
        if text not in places and text not in missing:
            raise PresetError(said.file, key, f"the column holds {text!r}", ", ".join(order))
    absent = places.get("", np.nan)
    return np.append([places.get(text, absent) for text in values.texts], absent)[values.codes]


class _Text:
    """A column of text, on its way to what it is."""

    def __init__(self, values: Different, said: Said, decimal: str | None, notes: list[str]) -> None:
        self.name, self.values, self.said, self.notes = clean(values.name, 40), values, said, notes
        self.decimal = decimal
        self.gone = (PANDAS_MISSING | set(said.missing)).intersection(values.texts)
        self.here = [text for text in values.texts if text not in self.gone]
        self.count = dict(zip(values.texts, values.counts.tolist(), strict=True))
        self.present = self._rows_of(self.here)
        self.found: dict[str, Any] = {}
        """What was settled on the way: fields of `Reading`."""
        self.parts: dict[str, Marked] = {}
        """Numbers with marks beside them."""

    def reading(self, kind: Kind, values: Any) -> Reading:
        """Return how the column was read, once it is."""
        missing = sorted(self.gone | set(self.said.missing))
        if kind == "category":
            self.found = {"values": values.categories.tolist()}
        elif kind == "text":
            self.found = {}
        return Reading(self.values.name, kind, text=True, missing=missing, **self.found)

    def typed(self, told: str | None) -> tuple[Kind, Any]:
        """Return the kind, told or guessed, and the values of it."""
        if told == "number":
            return "number", self._numbers(self._told_numbers())
        if told == "category":
            return "category", self._categories()
        if told == "text":
            return "text", self._texts()
        if told == "yes/no":
            return "yes/no", self._told_pair()
        if told == SPAN:
            return "number", self._spans()
        if told in EPOCHS:
            numbers = pd.Series(self._numbers(self._told_numbers()))
            self.found = {"form": told}
            return "date", _moments(self.name, numbers, told, self.said.file)
        if told is not None:
            return "date", self._dates(None if told == "date" else told)
        return self._guessed()

    def _guessed(self) -> tuple[Kind, Any]:
        if not self.here:
            self._note(f"no value in any row; drop = [{quoted(self.values.name)}] leaves it out")
            return "number", np.full(self.values.rows, np.nan)
        numbers = self._read_numbers()
        known = self._rows_of(numbers)
        if known == self.present or self._nearly_numbers(numbers, known):
            if not self.found:
                self.notes += in_texts(self.values.name, list(numbers), plain=not self.gone)
            return "number", self._numbers(numbers)
        if (pair := pair_of(self.here)) is not None:
            return "yes/no", self._pair(pair)
        if self._are_dates():
            return "date", self._dates(None)
        if self._is_text():
            return "text", self._texts()
        self.notes += in_category(self.values.name, self.here, self.count)
        return "category", self._categories()

    def _are_dates(self) -> bool:
        """Tell whether all are dates, but for what clearly means nothing, which is taken as missing."""
        first = next((text for text in self.here if not is_never(text) and not says_nothing(text)), "")
        if not like_one(first):
            return False  # most columns are something else
        odd = {text for text in self.here if is_never(text) or says_nothing(text)}
        dates = [text for text in self.here if text not in odd] if odd else self.here
        if not odd or len(dates) < 2 or not form_of(dates):
            return not odd and bool(form_of(dates))
        shown = ", ".join(f"{self.count[text]} are {clean(repr(text), 24)}" for text in sorted(odd)[:3])
        self._note(f'dates, {shown}: taken as missing; [columns] {quoted(self.values.name)} = "category" keeps them')
        self.here, self.gone = dates, self.gone | odd
        return True

    def _rows_of(self, texts: Iterable[str]) -> int:
        return sum(map(self.count.__getitem__, texts))

    def _note(self, text: str) -> None:
        self.notes.append(f"{self.name}: {text}")

    # -- numbers

    def _read_numbers(self) -> dict[str, float]:
        """Return those values that are numbers as written, after asking what a comma in them means."""
        plain = {text: float(text) for text in filter(NUMBER.fullmatch, self.here)}
        if len(plain) == len(self.here) and not self._have_points():
            return plain
        parts: dict[str, Marked] = {}
        for text in self.here:
            if (found := marked(text)) is not None:
                parts[text] = found
            elif not says_nothing(text):
                return plain
        marks = {found.mark for found in parts.values()} - {""}
        if len(marks) > 1:
            return plain
        decimal = self.decimal or self._comma([found.number for found in parts.values()])
        self.found = {"decimal": decimal, "mark": "".join(marks)}
        read = {text: value for text, part in parts.items() if (value := number(part.number, decimal)) is not None}
        self.parts = parts if len(read) == len(parts) else {}
        return read

    def _have_points(self) -> bool:
        """Tell whether points part thousands in what would else be numbers as any program writes them."""
        return self.decimal == "," and any("." in text for text in self.here) and all(map(with_comma, self.here))

    def _note_on_marks(self) -> None:
        """Say what was taken off numbers, or how one was read whose signs stand there for a reason."""
        parts = self.parts
        mark = "".join({found.mark for found in parts.values()} - {""})
        odd = next(
            (text for text, one in parts.items() if one.number.strip("-") not in text or "(" in text or "−" in text), ""
        )
        if mark or odd:
            how = f"such as {clean(repr(odd), 24)}, read as {parts[odd].number}" if odd else f'read without "{mark}"'
            kind = f'[columns] {quoted(self.values.name)} = "category"'
            self._note(f"numbers {clean(how, 80)}; {kind} leaves them as they are")

    def _comma(self, texts: list[str]) -> str:
        """Return what marks the decimals of numbers, some of which hold a comma."""
        commas = [text for text in texts if "," in text]
        if not all(map(with_comma, texts)):
            return "."
        if not all(THOUSANDS.fullmatch(text) for text in commas) or any(map(parts_thousands, texts)):
            return ","
        if commas:
            example = clean(commas[0], 20)
            found = f"column {self.name} holds numbers such as {example}"
            allowed = f'decimal = "," if that is {example.replace(",", ".")}, decimal = "." if it is '
            raise PresetError(self.said.file, "data.decimal", found, allowed + example.replace(",", ""))
        return "."

    def _nearly_numbers(self, numbers: dict[str, float], known: int) -> bool:
        """Tell whether all but a few values are numbers; ask about the others unless they clearly mean nothing."""
        odd = [text for text in self.here if text not in numbers]
        if len(numbers) < 2 or known < 0.5 * self.present or (len(numbers) <= MANY and not all(map(hardly_says, odd))):
            return False
        nothing = all(map(says_nothing, odd))
        if not nothing and known < 0.9 * self.present:
            return False
        rows = self._rows_of(odd)
        if nothing:
            self.gone |= set(odd)
            return True
        shown = ", ".join(clean(repr(text), 24) for text in odd[:3]) + (", …" if len(odd) > 3 else "")
        listed = ", ".join(quoted(text) for text in odd[:3]) + (", …" if len(odd) > 3 else "")
        found = f"{known} of {self.values.rows} are numbers, {rows} are {shown}"
        allowed = f'data.missing = [{listed}] where they say nothing, or [columns] {quoted(self.name)} = "category"'
        if read := all_rough(odd, self.decimal)[1]:
            as_number = f'[columns] {quoted(self.name)} = "number", which reads {clean(odd[0], 24)} as {read[0]:.15g}'
            allowed = f"{as_number}, {allowed}"
        raise PresetError(self.said.file, f"columns.{self.name}", found, allowed)

    def _told_numbers(self) -> dict[str, float]:
        numbers = self._read_numbers()
        if len(numbers) < len(self.here):
            decimal, values = all_rough(self.here, self.decimal)
            read = dict(zip(self.here, values, strict=False))
            if read:
                self.found, self.parts = {"form": ROUGH} | ({"decimal": decimal} if decimal == "," else {}), {}
                plain = with_comma if decimal == "," else NUMBER.fullmatch
                odd = next(text for text in self.here if not plain(text))
                self._note(f"numbers such as {clean(repr(odd), 24)}, read as {read[odd]:.15g}")
                return read
        for text in self.here:
            if text not in numbers:
                found, allowed = f"the column holds {clean(repr(text), 40)}", f"numbers, or missing = [{quoted(text)}]"
                raise PresetError(self.said.file, f"columns.{self.name}", found, allowed)
        return numbers

    def _numbers(self, numbers: dict[str, float]) -> np.ndarray:
        self._note_on_marks()
        if told := [text for text in self.values.texts if text in self.gone]:
            known = self._rows_of(numbers)
            shown = ", ".join(f"{self.count[t]} are {clean(repr(t), 20) if t else 'blank'}" for t in told[:3])
            self._note(f"{known} of {self.values.rows} are numbers, {shown}: taken as missing")
        return self.values.spread(list(map(numbers.get, self.values.texts, repeat(np.nan))))

    def _spans(self) -> np.ndarray:
        """Return spans of time in seconds."""
        self.found = {"form": SPAN}
        try:
            seconds = seconds_of(self.here)
        except ValueError as error:
            allowed = 'spans such as "PT5M", "3 days", "1h 20min" or "01:30:00"'
            found = f"no spans of time: {clean(error, 100)}"
            raise PresetError(self.said.file, f"columns.{self.name}", found, allowed) from None
        return self._numbers(dict(zip(self.here, seconds, strict=True)))

    # -- anything else

    def _categories(self) -> pd.Categorical:
        kept = sorted(self.here)
        if told := sorted(self.gone - {""}):
            shown = ", ".join(f"{clean(repr(text), 20)} in {self.count[text]} rows" for text in told[:3])
            self._note(f"{shown}: taken as missing")
        place = {text: code for code, text in enumerate(kept)}
        codes = np.array([*map(place.get, self.values.texts, repeat(-1)), -1], dtype=np.int64)[self.values.codes]
        return pd.Categorical.from_codes(codes, categories=pd.Index(kept, dtype="str"))

    def _texts(self) -> pd.Series:
        texts = ["" if text in self.gone else text for text in self.values.texts]
        return pd.Series(np.append(np.array(texts, dtype=object), "")[self.values.codes], dtype="str")

    def _pair(self, pair: Sequence[str]) -> np.ndarray:
        """Return 1 for yes, 0 for no."""
        self.found = {"pair": list(pair)}
        meaning = dict(zip(pair, (0.0, 1.0), strict=True))
        return self.values.spread([meaning.get(text, np.nan) for text in self.values.texts])

    def _told_pair(self) -> np.ndarray:
        pair = pair_of(self.here)
        if pair is None and len(self.here) != 2:
            found = f"the column holds {len(self.here)} different values"
            raise PresetError(self.said.file, f"columns.{self.name}", found, "two values, such as no and yes")
        return self._pair(pair or sorted(self.here))

    def _is_text(self) -> bool:
        if len(self.here) <= max(20, 0.2 * self.present):
            return False
        counts = [self.count[text] for text in self.here]
        words = sum(map(mul, map(len, map(str.split, self.here)), counts)) / self.present
        length = sum(map(mul, map(len, self.here), counts)) / self.present
        return (words >= _WORDS_OF_TEXT or length >= _LENGTH_OF_TEXT) and not differ_in_numbers(self.here)

    def _dates(self, told: str | None) -> np.ndarray:
        form = told or self._form()
        self.found = {"form": form}
        if (told is None or form == "mixed") and (more := hides(form, self.here)):
            kind = f'[columns] {quoted(self.values.name)} = "category", or another format, changes that'
            self._note(f"{clean(repr(self.here[0]), 30)} and the like {more}; {kind}")
        try:
            read = pd.to_datetime(pd.Series(self.here, dtype="str"), format=form, utc=True)
        except ValueError as error:
            allowed = 'a date\'s format, such as "%d.%m.%Y", or "category"'
            raise PresetError(self.said.file, f"columns.{self.name}", f"no dates: {error}", allowed) from None
        when = dict(zip(self.here, read.dt.tz_localize(None).to_numpy("datetime64[s]"), strict=True))
        if far := on_far_date(when, self.count):
            self._note(far)
        never = np.datetime64("NaT", "s")
        dates = np.array([when.get(text, never) for text in self.values.texts] + [never])
        return dates[self.values.codes]

    def _form(self) -> str:
        """Return the format of dates; ask where day and month cannot be told apart."""
        form = form_of(self.here)
        if isinstance(form, str):
            return form or ("mixed" if any_form(self.here) else "ISO8601")
        found, allowed = f"dates such as {self.here[0]}", f'"{form[0]}" or "{form[1]}"'
        raise PresetError(self.said.file, f"columns.{self.name}", found, allowed)
