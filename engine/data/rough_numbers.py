"""Numbers that are written as no program writes them: `105K`, `€1.2M`, `<0.5`, `12*`, `1,23,456`, other digits.

So are `½` and `1¾`, and `1.912,11-` where a comma marks decimals. They are numbers where a preset says that the column
holds such; else a line says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .numerals import NUMBER, with_comma

ROUGH = "rough"
"""The form of a `Reading` of such."""

DIGITS = ("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９०१२३४५६७८९٫٬．，", f"{'0123456789' * 4}.,.,")
"""Digits and marks, and what they are otherwise."""

_MONEY = "$€£¥₹₽₩₺"
_PARTS = (
    *(("½", ".5"), ("¼", ".25"), ("¾", ".75"), ("⅛", ".125"), ("⅜", ".375"), ("⅝", ".625"), ("⅞", ".875")),
    *(("⅓", f".{'3' * 20}"), ("⅔", f".{'6' * 19}7")),
)
SUBSTITUTES = (
    ("[\u200b-\u200d\u2060\ufeff\u00ad]", ""),
    (r"^([<>≤≥~≈≃] ?=? ?|([Cc]a|[Aa]pprox|[Aa]bout|[Cc]irca)\.? ?)", ""),
    (r"^[–—‒−]", "-"),
    (rf"^([+-]?) ?([{_MONEY}] ?)", r"\1"),
    (r"(?<=\d)([.,][-–]| ?(\*+|\[\w{1,3}\]|\+|\?|[†‡]))$", ""),
    (r"^(.*\d)-$", r"-\1"),
    *((rf"(?<=\d) ?{sign}$", part) for sign, part in _PARTS),
    *((rf"^([+-]?){sign}$", rf"\g<1>{part}") for sign, part in _PARTS),
    (r"(?<=\d),(?=(\d{2,3},)*\d{3}(\D|$))", ""),
    (r"(?<=\d)[dD](?=[+-]?\d{1,3}$)", "e"),
    (r"(?<=\d) ?[kK]$", "e3"),
    (r"(?<=\d) ?(M|mn|Mio\.?)$", "e6"),
    (r"(?<=\d) ?(B|bn|Mrd\.?)$", "e9"),
    (r" ?[x×·*] ?10\^?(?=[+-]?\d+$)", "e"),
)
"""What makes numbers of the rest, one after the other."""

SWAPPED = (",.", ".,")
"""What makes a comma before decimals a point, and points that part thousands commas."""

_DIGITS, _SWAPPED = str.maketrans(*DIGITS), str.maketrans(*SWAPPED)


def rough(text: str, decimal: str = ".") -> float | None:
    """Return the number that a text is where decimals are marked so, None where it is none."""
    text = (text.translate(_SWAPPED) if decimal == "," else text).translate(_DIGITS)
    for old, new in SUBSTITUTES:
        text = re.sub(old, new, text)
    return float(text) if NUMBER.fullmatch(text) else None


def all_rough(texts: Sequence[str], decimal: str | None = None) -> tuple[str, list[float]]:
    """Return what marks the decimals of texts, a point rather than a comma where nobody says, and the numbers they are.

    There are none where one is no number, or where they are of several currencies.
    """
    for mark in (decimal,) if decimal else (".", ","):
        if not texts or rough(texts[0], mark) is None:
            continue
        read = [value for text in texts if (value := rough(text, mark)) is not None]
        if len(read) == len(texts) and len({sign for text in texts for sign in text if sign in _MONEY}) < 2:
            return mark, read
    return ".", []


def like_rough(texts: Sequence[str]) -> tuple[str, str]:
    """Return the first of texts that is no plain number, and what it would be, where all are such and mostly differ.

    Else both are "": of a theatre's seats, or of incomes below and above one bound, the numbers say too little.
    """
    decimal, read = all_rough(texts)
    if 2 * len(set(read)) <= len(texts) or all(text[-1] == "B" for text in texts):
        return "", ""
    plain = with_comma if decimal == "," else NUMBER.fullmatch
    odd = next((text for text in texts if not plain(text)), texts[0])
    return odd, f"{rough(odd, decimal):.15g}"
