"""A trial's parameters as Python code, to be pasted into a script."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def as_python(values: Mapping[str, Any]) -> str:
    """Return a dict as Python code that needs no import: infinity is written `float("inf")`."""
    return "{" + ", ".join(f"{name!a}: {_code(value)}" for name, value in values.items()) + "}"


def _code(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, list | tuple):
        inside = ", ".join(_code(item) for item in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    return ascii(value)
