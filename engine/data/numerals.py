"""Numbers as people write them: marks such as $ or kg beside them, thousands, decimal commas, brackets for a minus."""

from __future__ import annotations

import re
from typing import NamedTuple

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE | re.ASCII)
COMMA = re.compile(r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})*(\.\d+)?", re.ASCII)
POINTS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?", re.ASCII)
"""As people write numbers whose decimals a comma marks: 1.234,5."""

GAPS = " \u00a0\u2009\u202f'’"
"""What parts thousands besides a comma or a point: blanks of any width, apostrophes."""

_GAPPED = re.compile(rf"[+-]?\d{{1,3}}([{GAPS}]\d{{3}})+([.,]\d+)?", re.ASCII)

_MONEY = (
    r"[$€£¥₹₽₩₺₴₪₦₫₱฿]|[A-Z]{0,3}\$|(?:Rs|[Kk]r|S?Fr)\.|"
    r"(?:USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|BRL|Rs|[Kk]r|S?Fr|Kč|zł)(?=[ \d])"
)
_CLOSE = (
    r"[$€£¥₹₽₩%‰°]|°[CF]|[kcmµ]?[gmlsWLV]|[kMGT]?i?B|k?Hz|km/h|mph|kWh?|cm[23³]|m[23²³]|cc|hp|bhp|CC|min|h|px|EUR|USD"
)
_MARKED = re.compile(
    rf"(?P<sign>[+-]?)(?P<before>(?:{_MONEY})?) ?(?P<number>[+-]?[\d.,]*\d[\d.,{GAPS}]*?)"
    rf"(?P<after>(?: ?(?:{_CLOSE})| [^\W\d_][^\d\s]{{0,11}})?)"
)

_BRACKETS = re.compile(rf"(?P<before>(?:{_MONEY})?) ?\((?P<inner>[^()]*)\)")


class Marked(NamedTuple):
    """A number as written, without the marks beside it, and these marks."""

    number: str
    mark: str


def marked(text: str) -> Marked | None:
    """Return the number and the mark that a text consists of: `$1,200`, `12 kg`, `(1.5)`; None for anything else."""
    text = text.replace("−", "-")
    owed = _BRACKETS.fullmatch(text)
    found = _MARKED.fullmatch(owed["before"] + owed["inner"].strip() if owed else text)
    if found is None:
        return None
    signs = ("-" if owed else "") + found["sign"] + (found["number"][0] if found["number"][0] in "+-" else "")
    if len(signs) > 1:
        return None
    number = found["number"].lstrip("+-")
    if any(gap in number for gap in GAPS) and not _GAPPED.fullmatch(number):
        return None
    return Marked(signs + "".join(one for one in number if one not in GAPS), found["before"] + found["after"].strip())


def number(text: str, decimal: str) -> float | None:
    """Return the number that a text is where decimals are marked so, None where it is none."""
    if decimal == ",":
        text = text.replace(".", "") if POINTS.fullmatch(text) else text
        return float(text.replace(",", ".")) if COMMA.fullmatch(text) else None
    if THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    return float(text) if NUMBER.fullmatch(text) else None


def with_comma(text: str) -> bool:
    """Tell whether it is a number, should a comma mark its decimals."""
    return bool(COMMA.fullmatch(text) or POINTS.fullmatch(text))


def parts_thousands(text: str) -> bool:
    """Tell whether points in a number can only part thousands, as in 1.234.567."""
    return text.count(".") > 1 and bool(POINTS.fullmatch(text))
