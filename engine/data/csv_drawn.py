"""What people and programs draw around values: rules below a header, apostrophes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..text import clean
from .csv_file import Place

_RULE = re.compile(r"\s*[|+]?(\s*:?[-=]+:?\s*[|+]?)+\s*")
_FIRST = 4
"""Lines among which a rule stands."""


def check_ruled(lines: Sequence[str], place: Place) -> None:
    """Raise `PresetError` where lines are drawn around the header, as Markdown and databases do it."""
    ruled = [number for number, line in enumerate(lines[:_FIRST], 1) if _is_rule(line)]
    if ruled:
        found = f"line {ruled[0]} is {clean(repr(lines[ruled[0] - 1].strip()), 40)}, a rule as Markdown has it"
        raise place.asked("data.skip", found, f"skip = {ruled}, which leaves it out")


def _is_rule(line: str) -> bool:
    parted = "|" in line or "+" in line or " " in line.strip() or len(line.strip()) > 4
    return parted and bool(re.search(r"--|==|-\|", line)) and _RULE.fullmatch(line) is not None


def in_other_quotes(text: str, separator: str) -> str:
    """Return a value between apostrophes where each of the first lines below a header has such, else ""."""
    lines = [line for line in text.splitlines()[1:61] if line.strip()]
    sign = re.escape(separator)
    between = re.compile(rf"(?:^|{sign})\s*('[^']*')\s*(?={sign}|$)")
    found = [between.findall(line) for line in lines]
    return found[0][0] if len(lines) > 2 and len(separator) == 1 and min(map(len, found)) > 0 else ""
