"""Values of hyperparameters as people write them, on a command line or in a preset."""

from __future__ import annotations

from ..events import Value
from .space import Dimension

LONGEST_NUMBER = 40
"""Characters that a number may be written with: Python refuses to read thousands of digits, and nobody needs them."""


def read(dimension: Dimension, text: str) -> Value:
    """Return the value that a person wrote for a hyperparameter: a choice by its label, else a number.

    What is neither comes back as text, which `checked` refuses in words.
    """
    text = text.strip()
    if dimension.scale == "choice":
        labels = [choice.label for choice in dimension.choices]
        for label in labels:
            if written(label) == text:
                return label
        number = _number(text)
        named = {"true": True, "false": False, "none": None}
        for label in labels:
            alike = label == number and not isinstance(label, bool) if number is not None else False
            if alike or (not isinstance(label, str) and text.lower() in named and label is named[text.lower()]):
                return label
        return text
    number = _number(text)
    return text if number is None else number


def written(value: Value) -> str:
    """Return a value as a person writes it, such that `read` gives the very same one back."""
    return value if isinstance(value, str) else repr(value)


def _number(text: str) -> int | float | None:
    if len(text) > LONGEST_NUMBER:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None
