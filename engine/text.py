"""Text from outside, made visible and harmless.

Presets, CSV headers, class names, error messages and file names may hold anything. What reaches a terminal raw can
move its cursor, retitle its window or reorder a line, so such text passes through `clean` once when it comes in and
once more when it is drawn.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a name must match (`fullmatch`) before it may become part of a path."""

_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)


def clean(text: object, limit: int = 200) -> str:
    """Return `text` as one printable line of at most `limit` characters.

    C0 and C1 controls, DEL, bidi controls, zero-width characters and lone surrogates become visible escapes such as
    `\\x1b`; a run of line breaks or tabs becomes one space; what is too long ends in an ellipsis.
    """
    line = " ".join(re.split(r"[\t\r\n]+", str(text)[: 4 * limit + 64])).strip()
    line = _HARMFUL.sub(lambda found: _visible(found[0]), line)
    return line if len(line) <= limit else line[: max(limit - 1, 0)] + "…"


def clean_block(text: object, limit: int = 8000) -> str:
    """Return `text` like `clean`, but keep its line breaks: for tracebacks and other long passages."""
    lines = str(text)[: 2 * limit].splitlines()
    block = "\n".join(_HARMFUL.sub(lambda found: _visible(found[0]), line.expandtabs(4)) for line in lines)
    return block if len(block) <= limit else block[: max(limit - 1, 0)] + "…"


def _visible(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def is_harmless(text: str) -> bool:
    """Tell whether `text` could be written to a terminal as it is, line breaks aside."""
    return not any(_HARMFUL.search(line) or unicodedata.category(line[-1]) == "Cs" for line in text.split("\n") if line)


def clean_tree(value: Any, text: Callable[[object], str] = clean) -> Any:
    """Return a copy of nested lists and mappings with every string in it, keys included, passed through `text`."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {text(key): clean_tree(item, text) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [clean_tree(item, text) for item in value]
    return value
