"""A line of text while it is being typed: plain data, and what keys make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...engine.text import is_harmless
from ..render.lines import width_of

LONGEST = 200
"""Characters that a line takes; further ones are passed over."""


@dataclass(frozen=True)
class LineEdit:
    """A text with a caret before character `caret`; with `whole` the next character takes the place of all of it.

    Whatever is typed or pasted into it, it stays one line of at most `LONGEST` characters that may be shown as it is.
    """

    text: str = ""
    caret: int = 0
    whole: bool = False

    @classmethod
    def of(cls, text: str) -> LineEdit:
        """Return a text that the next character will replace, unless it is edited first."""
        return replace(cls().typed(text), whole=True)

    def typed(self, text: str) -> LineEdit:
        """Return it with `text` put in at the caret; what would be harmful is left out."""
        before, after = ("", "") if self.whole else (self.text[: self.caret], self.text[self.caret :])
        for character in text[: 4 * LONGEST]:
            longer = before + character
            if len(longer) + len(after) <= LONGEST and character != "\n" and is_harmless(longer + after):
                before = longer
        return LineEdit(before + after, len(before))

    def backspace(self) -> LineEdit:
        """Return it without the character before the caret."""
        at = max(self.caret - 1, 0)
        return LineEdit(self.text[:at] + self.text[self.caret :], at)

    def delete(self) -> LineEdit:
        """Return it without the character at the caret."""
        return LineEdit(self.text[: self.caret] + self.text[self.caret + 1 :], self.caret)

    def moved(self, steps: int) -> LineEdit:
        """Return it with the caret moved by so many characters."""
        return LineEdit(self.text, min(max(self.caret + steps, 0), len(self.text)))

    def window(self, width: int) -> tuple[str, str, str]:
        """Return what of it shows in `width` cells: before the caret, at it (a blank at the end), and after it."""
        text, caret = self.text + " ", self.caret
        start = 0
        while start < caret and width_of(text[start : caret + 1]) > width:
            start += 1
        end = caret + 1
        while end < len(text) and width_of(text[start : end + 1]) <= width:
            end += 1
        return text[start:caret], text[caret], text[caret + 1 : end]
