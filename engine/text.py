"""Text from outside, made visible and harmless.

Presets, CSV headers, class names, error messages and file names may hold anything. What reaches a terminal raw can
move its cursor, retitle its window or reorder a line, so such text passes through `clean` once when it comes in and
once more when it is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a name must match (`fullmatch`) before it may become part of a path."""

# every control (C0, C1, DEL), bidi control, lone surrogate, line separator and character of no width that Unicode has:
# categories Cc, Cf (but for the Arabic and Kaithi number signs, which are drawn), Cs, Zl, Zp and all that
# Default_Ignorable_Code_Point lists, variation selectors among them; the tests count them
_ALWAYS_HARMFUL = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U00013440"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_COMBINING = "\u0300-\u034e\u0350-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
# real text stacks no more than four marks on a letter; a storm of them is drawn over the lines above and below
_HARMFUL = re.compile(f"[{_ALWAYS_HARMFUL}]|(?<=[{_COMBINING}]{{4}})[{_COMBINING}]")


_NUMBER = re.compile(r"\d[\d.,e+-]*")


def clean(text: object, limit: int = 200) -> str:
    """Return `text` as one printable line of at most `limit` characters.

    C0 and C1 controls, DEL, bidi controls, zero-width characters, lone surrogates and marks piled on a letter become
    visible escapes such as `\\x1b`; a run of line breaks or tabs becomes one space; what is too long ends in an
    ellipsis.
    """
    line = " ".join(re.split(r"[\t\r\n]+", _string(text)[: 4 * limit + 64])).strip(" ")
    line = _HARMFUL.sub(lambda found: _visible(found[0]), line)
    return _shortened(line, limit)


def clean_block(text: object, limit: int = 8000) -> str:
    """Return `text` like `clean`, but keep its line breaks: for tracebacks and other long passages."""
    lines = _string(text)[: 2 * limit].splitlines()
    block = "\n".join(_HARMFUL.sub(lambda found: _visible(found[0]), line.expandtabs(4)) for line in lines)
    return _shortened(block, limit)


def elided(text: str, limit: int) -> str:
    """Return at most `limit` (>= 3) characters, a longer text without its middle: names differ in their ends."""
    tail = limit // 2
    return text if len(text) <= limit else f"{text[: limit - tail - 1]}…{text[-tail:]}"


def is_harmless(text: str) -> bool:
    """Tell whether `text` could be written to a terminal as it is, line breaks aside."""
    return not any(_HARMFUL.search(line) for line in text.split("\n"))


def alike(text: str) -> str:
    """Return a text without its numbers: warnings of one kind differ in these alone."""
    return _NUMBER.sub("#", text)


def listed(names: Sequence[object], most: int, limit: int = 80) -> str:
    """Return cleaned names with commas between, of more than so many the first, and how many there are besides."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(clean(name, limit) for name in names[:most]) + more


def _string(text: object) -> str:
    try:
        return str(text)
    except Exception as error:  # noqa: BLE001 - other people's exceptions fail in their own __str__ as they like
        return f"<{type(text).__name__} whose text cannot be had: {type(error).__name__}>"


def _visible(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else (text[: limit - 1] + "…")[:limit] if limit > 0 else ""


def without_age(trouble: str) -> str:
    """Return what a trouble is, without for how long it has lasted: that alone changes as long as it is the same."""
    return re.sub(r", since \d+ s$", "", trouble)
