"""JSON as Python writes it: with NaN and Infinity, which are none."""

from __future__ import annotations

import json
from typing import Any

import msgspec


def parsed(data: bytes | str) -> Any:
    """Return what JSON says; None where it is none."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None
