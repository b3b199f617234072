"""The line at a screen's foot: the keys that matter here, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from ..keys import Key
from ..render.look import Look
from .pane import line, sides


def key_line(keys: Sequence[Key], look: Look, width: int) -> tuple[Text, list[tuple[int, int, Key]]]:
    """Return the line, and which of its `width` cells belong to which key: from the first to before the last.

    The last key stands at the right end and is always there; of the others those in front go last.
    """
    text, places = line(" "), []
    *others, last = keys
    room = width - len(_shown(last, look)) - 2
    for key in others:
        shown = _shown(key, look)
        if text.cell_len + len(shown) > room:
            break
        places.append((text.cell_len, text.cell_len + len(shown), key))
        text.append_text(_styled(key, look))
        text.append("   ")
    text.rstrip()
    right = _styled(last, look)
    right.append(" ")
    places.append((width - right.cell_len, width, last))
    return sides(text, right, width), places


def _styled(key: Key, look: Look) -> Text:
    shown = look.glyph(key.shown)
    return line((shown, look.accent_style), " ", (key.title, look.dim_style))


def _shown(key: Key, look: Look) -> str:
    return f"{look.glyph(key.shown)} {key.title}"
