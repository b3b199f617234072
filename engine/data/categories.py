"""What may be meant otherwise in a column of categories: dates, spans, numbers, tags, one value in several spellings.

One line a column, with the key that changes it, or with what to write in the table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from ..preset.columns import quoted
from ..text import clean
from .dates import may_be_dates
from .numerals import marked, number
from .pairs import meanings_of
from .readings import hardly_says
from .rough_numbers import like_rough, rough
from .scales import in_order
from .spans import SPAN

MANY = 10
"""Different numbers from which on a column is hardly one of categories."""

_OF = "taken as categories, without an order"

_LOOKED_AT = 1000
"""Different texts that tell what very many are."""

_MOST = 50_000
"""Different texts beyond which they are names rather than spellings of a few."""

_SPAN = re.compile(
    r"(\d+ ?(d|days?|h|hrs?|hours?|m|min|mins|minutes?|s|secs?|seconds?)\b\.?[ ,]*)+\d*|\d{2,}:\d{2}(:\d{2}(\.\d+)?)?|"
    r"\d{1,2}:\d\d\.\d+|"
    r"P(T?\d+[YMWDHS])+|\d+ days? [\d:.]+",
    re.IGNORECASE | re.ASCII,
)
_BOUND = "under|over|above|below|less than|more than|up to|at least|at most"
_END = r"[$€£]?[\d.,]*\d[kKM]?"
_RANGE = re.compile(
    rf"({_END} ?(-|–|to|\.\.) ?{_END}|([<>≤≥~] ?=? ?|({_BOUND}) ){_END}|{_END} ?(\+|(and|or) \w+))"
    r"( ?[a-z]{1,12}\.?)?|"
    rf"\d{{4}}/\d\d|\[{_END}(, ?| ?[-–] ?){_END}\)|\({_END}(, ?| ?[-–] ?){_END}\]",
    re.IGNORECASE,
)
_NUMERAL = re.compile(r"\d+(['’ ,]\d{3}(?!\d))*([.,]\d+)?(e[+-]?\d+)?", re.IGNORECASE)
_SEVERAL = re.compile(r"(?!.*0 ?[-–] ?0)[^0]*0[^0]*[/x×:;,±+°'′\"@(][^0]*0.*", re.DOTALL)
"""Several numbers, each of them a 0, and other signs than hyphens and points between them: no range, no telephone."""


def in_category(name: str, texts: Sequence[str], counts: Mapping[str, int]) -> list[str]:
    """Return what may be meant otherwise in a column that was taken as one of categories: one line, or none.

    `texts` are its different values; `counts` says in how many rows each stands.
    """
    rows, key = sum(map(counts.__getitem__, texts)), quoted(name)
    out = f"drop = [{key}] leaves it out"
    found = _otherwise(key, texts) or _nothing(texts, counts) or _alike(texts, counts) or _numbers(texts, counts, rows)
    if len(texts) == 1 and rows > 1:
        found = (
            f'one value in all rows that have one; [columns] {key} = ["", {quoted(texts[0])}] takes none as 0; {out}'
        )
    elif not found and len(texts) == rows > 20:
        found = f"all different; {out}"
    elif not found and len(texts) > 0.5 * rows > 10:
        found = f"{len(texts)} different texts in {rows} rows, taken as categories; {out}"
    return [f"{clean(name, 40)}: {found}"] if found else []


def likely_kind(texts: Sequence[str]) -> tuple[str, str]:
    """Return the kind that a person would give a column instead, as a preset says it, and why; "" for categories."""
    if form := re.fullmatch('"([^"]*)"', may_be_dates(texts)):
        return form[1], f"{like(texts[0])} looks like a date"
    if all(_SPAN.fullmatch(text) for text in texts):
        return SPAN, f"{like(texts[0])} looks like a span of time"
    odd, value = like_rough(texts)
    return ("number", f"{like(odd)} may be {value}") if odd else ("", "")


def _otherwise(key: str, texts: Sequence[str]) -> str:
    """Return what else the values look like: dates, spans of time, ranges, numbers, several in one."""
    if form := may_be_dates(texts):
        return f"{like(texts[0])} looks like a date, {_OF}; [columns] {key} = {form} reads it as one"
    if all(_SPAN.fullmatch(text) for text in texts):
        return f'{like(texts[0])} looks like a span of time, {_OF}; [columns] {key} = "span" reads it as seconds'
    odd, value = like_rough(texts)
    if odd:
        return f'{like(odd)} may be the number {value}, {_OF}; [columns] {key} = "number" reads it as one'
    if len(texts) <= _LOOKED_AT or any(map(marked, texts[:_LOOKED_AT])):
        numbers = {text: part.mark for text in texts if (part := marked(text)) and _is_number(part.number)}
    else:
        numbers = {}
    ranges = [text for text in texts if _RANGE.fullmatch(text)]
    if len(numbers) == len(texts):
        if len(set(numbers.values())) == 1:
            return f"numbers some with points, some with commas before the decimals, {_OF}; write them in one way"
        different = ", ".join(map(like, {mark: text for text, mark in numbers.items()}.values()))
        return f"numbers with different marks ({clean(different, 60)}), {_OF}; write them in one unit"
    if len(ranges) > 1 and len({*ranges, *numbers}) == len(texts):
        return f'{like(ranges[0])} looks like a range, {_OF}; [columns] {key} = ["…"] lists them in their order'
    if several := _several(texts[:_LOOKED_AT]):
        return f"{like(texts[0])} holds {several} numbers, {_OF}; write each into a column of its own"
    if ordered := in_order(texts, letters_of):
        shown, words = " and ".join(map(like, ordered[:2])), ", ".join(map(quoted, ordered))
        return f"{shown} are of a scale, {_OF}; [columns] {key} = [{words}] numbers them so"
    if tagged := _tagged(texts[:_LOOKED_AT]):
        return f'{like(tagged)} holds several values, taken as one; [columns] {key} = "text" takes each word for itself'
    return ""


def _numbers(texts: Sequence[str], counts: Mapping[str, int], rows: int) -> str:
    """Return how many values are numbers where most are, and what the others are: not all may say something."""
    if len(texts) > _LOOKED_AT and not any(map(marked, texts[:_LOOKED_AT])):
        return ""
    numbers = {text for text in texts if _is_number(text) or rough(text) is not None}
    known = sum(map(counts.__getitem__, numbers))
    if not 1 < len(numbers) < len(texts) or known < 0.5 * rows:
        return ""
    odd = ", ".join(map(like, [text for text in texts if text not in numbers][:3]))
    return f"{known} of {rows} are numbers, others {odd}: {_OF}; data.missing can list what says nothing"


def _several(texts: Sequence[str]) -> int:
    """Return how many numbers each text holds where these alone differ, as in 120/80 and 115/75; else 0."""
    if not differ_in_numbers(texts):
        return 0  # most columns are something else
    shapes = {_NUMERAL.sub("0", text) for text in texts}
    counts = {shape.count("0") for shape in shapes}
    alike = len(shapes) <= 5 and len(counts) == 1 and all(map(_SEVERAL.fullmatch, shapes))
    return counts.pop() if alike and max(sum(map(str.isalpha, shape)) for shape in shapes) <= 10 else 0


def differ_in_numbers(texts: Sequence[str]) -> bool:
    """Tell whether texts are the same but for the numbers in them, as no sentences are."""
    return len({_NUMERAL.sub("0", text) for text in texts[:100]}) <= max(1, 0.1 * len(texts[:100]))


def _tagged(texts: Sequence[str]) -> str:
    """Return a text that is a list, where all are, or that holds tags, some of which stand in others too; else ""."""
    if all(text[:1] + text[-1:] in ("[]", "{}") for text in texts):
        return max(texts, key=len)
    for sign in "|;,":
        several = [text for text in texts if sign in text.strip(sign)]
        parts = [part.strip() for text in several for part in text.split(sign)]
        again = not set(texts).isdisjoint(parts) or (sign == "|" and len(set(parts)) < len(parts))
        if len(several) > 0.1 * len(texts) and again and not any(map(str.isdigit, "".join(parts))):
            return several[0]
    return ""


def _nothing(texts: Sequence[str], counts: Mapping[str, int]) -> str:
    """Return which value hardly is one, and was kept as a category."""
    few = len(texts) <= _LOOKED_AT
    words = sorted(text for text in texts if (few or counts[text] > 1) and hardly_says(text))
    if not words or len(texts) < 3:
        return ""
    listed = ", ".join(map(quoted, words[:3]))
    shown = ", ".join(f"{like(word)} in {counts[word]} rows" for word in words[:3])
    return f"{shown}: a category of its own; data.missing = [{listed}] takes it as no value"


def _is_number(text: str) -> bool:
    return number(text, ".") is not None or number(text, ",") is not None


def _alike(texts: Sequence[str], counts: Mapping[str, int]) -> str:
    """Return which values mean yes or no alike, or differ in capitals, blanks, hyphens, dots or accents alone."""
    if meant := meanings_of(texts):
        shown = "; ".join(" and ".join(map(like, group[:3])) for group in meant if len(group) > 1)
        return f"{shown or ' and '.join(map(like, texts))}: may mean the same, or no and yes; write each in one way"
    letters = list(map(letters_of, texts)) if len(texts) <= _MOST else texts
    if len(set(letters)) == len(texts):
        return ""
    by_letters: dict[str, list[str]] = {}
    for text, same in zip(texts, letters, strict=True):
        by_letters.setdefault(same, []).append(text)
    groups = [sorted(group, key=lambda text: -counts[text]) for group in by_letters.values() if len(group) > 1]
    shown = "; ".join(" and ".join(map(like, group[:3])) for group in groups[:2]) + ("; …" if len(groups) > 2 else "")
    return f"categories that differ in {ALIKE} alone: {shown}; write each in one way"


ALIKE = "capital letters, blanks or signs"
_BETWEEN = re.compile(r"(?<=[^\W\d])([-_ ]+(?=[^\W\d])|\.)")


def letters_of(text: str) -> str:
    """Return what is left of a text without capitals, accents, and blanks, hyphens and dots among its letters."""
    text = text.casefold()
    if not text.isascii():
        text = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return _BETWEEN.sub("", " ".join(text.split()))


def like(text: str) -> str:
    """Return a value as a line shows it."""
    return clean(repr(text), 24)
