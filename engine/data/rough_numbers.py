"""Numbers that are written as no program writes them: `105K`, `1.2M`, `12-`, `1,23,456`, digits of other scripts.

They are numbers where a preset says that the column holds such; else a line says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .numerals import NUMBER

ROUGH = "rough"
"""The form of a `Reading` of such."""

DIGITS = ("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９०१२३४५६७८९٫٬．，", f"{'0123456789' * 4}.,.,")
"""Digits and marks, and what they are otherwise."""

SUBSTITUTES = (
    (r"^(.*\d)-$", r"-\1"),
    (r"(?<=\d),(?=(\d{2,3},)*\d{3}(\D|$))", ""),
    (r"(?<=\d)[dD](?=[+-]?\d{1,3}$)", "e"),
    (r"(?<=\d) ?[kK]$", "e3"),
    (r"(?<=\d) ?(M|mn|Mio\.?)$", "e6"),
    (r"(?<=\d) ?(B|bn|Mrd\.?)$", "e9"),
)
"""What makes numbers of the rest, one after the other."""

_DIGITS = str.maketrans(*DIGITS)


def rough(text: str) -> float | None:
    """Return the number that a text is, None where it is none."""
    text = text.translate(_DIGITS)
    for old, new in SUBSTITUTES:
        text = re.sub(old, new, text)
    return float(text) if NUMBER.fullmatch(text) else None


def like_rough(texts: Sequence[str]) -> str:
    """Return what the first of texts would be as a number where all are such, "" where they are not."""
    if rough(texts[0]) is None or None in map(rough, texts) or all(text[-1] == "B" for text in texts):
        return ""  # of a theatre's seats, perhaps
    return f"{rough(texts[0]):.15g}"
