"""Errors that a person can act on.

Each says what was wrong, where, what is allowed and what to do next, in one line; the command line prints that line
and leaves with `exit_code`.
"""

from __future__ import annotations

import typing
from typing import Any

import msgspec

from .text import clean


class TunetopError(Exception):
    """Base of the errors that are told in one line instead of a traceback."""

    exit_code = 1


class UsageError(TunetopError):
    """Something asked for cannot be: a wrong option, an unknown run, a file that is not there."""

    exit_code = 2


class PresetError(UsageError):
    """A mistake in a preset: file, key path, what was found, what is allowed, what to do."""

    def __init__(self, file: str, key: str, found: str, allowed: str = "", hint: str = "") -> None:
        self.file, self.key, self.found, self.allowed, self.hint = file, key, found, allowed, hint
        parts = [clean(file), clean(key), clean(found, 300)]
        message = ": ".join(part for part in parts if part)
        if allowed:
            message += f"; allowed: {clean(allowed, 600)}"
        if hint:
            message += f". {clean(hint, 300)}"
        super().__init__(message)


def told(error: Exception) -> str:
    """Return an error for reading: one of ours says all there is to say, another one needs its name."""
    ours = isinstance(error, TunetopError) or type(error).__module__.startswith("tunetop.")
    return str(error) if ours else f"{type(error).__name__}: {error}"


def found(value: object) -> str:
    """Return "found …" with the value as the preset's author would write it, shortened."""
    if isinstance(value, bool):
        return f"found {str(value).lower()}"
    return f"found {clean(repr(value), 80)}"


def choose(name: str, known: list[str]) -> str:
    """Return a hint naming the nearest of the known names, or the few that begin so; nothing when none is near."""
    import difflib

    if same := [other for other in known if other.casefold() == name.casefold()]:
        return f"Did you mean {same[0]}?"
    begun = [other for other in known if len(name) > 3 and other.lower().startswith(name.lower())]
    near = begun if 0 < len(begun) <= 3 else difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {' or '.join(near)}?" if near else ""


class StoreError(UsageError):
    """Something about a run's folder stands in the way; the message says what to do."""


_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "object": "a table",
    "array": "a list",
}


def explain(error: msgspec.ValidationError, document: Any, file: str, kind: type, prefix: str = "") -> PresetError:
    """Turn msgspec's complaint into ours: the key path in TOML's words, what was found, what is allowed.

    `document` was to become a `kind`; `prefix` is the key path of the document itself. What a key is for, where its
    field says so by `msgspec.Meta(description=…)`, is what is allowed.
    """
    message, _, where = str(error).partition(" - at `$")
    path = where.rstrip("`").strip(".")
    key = ".".join(part for part in (prefix, path) if part)
    value, holder, meaning = document, kind, ""
    for part in [part for part in path.replace("[...]", "").split(".") if part]:
        value = value.get(part) if isinstance(value, dict) else None
        if isinstance(holder, type):
            meaning = _meaning(holder, part)
            holder = typing.get_type_hints(holder).get(part, holder)
    if "unknown field" in message or "missing required field" in message:
        name = message.split("`")[1]
        full = f"{key}.{name}".lstrip(".")
        fields: list[str] = list(getattr(holder, "__struct_fields__", ()))
        if "unknown" in message:
            return PresetError(file, full, "no such key", ", ".join(fields), choose(name, fields))
        return PresetError(file, full, "missing", _meaning(holder, name) or f"a value for {name}")
    allowed = message.removeprefix("Expected ").split(", got ")[0].replace("`", "")
    words = [word.strip() for word in allowed.split("|") if word.strip() != "null"]
    kinds = " or ".join(_WORDS.get(word, word) for word in words)
    return PresetError(file, key, found(value), f"{kinds}: {meaning}" if meaning else kinds)


def _meaning(holder: type, field: str) -> str:
    """Return what a field of a struct says of itself, or nothing."""
    hint = typing.get_type_hints(holder, include_extras=True).get(field)
    described = [meta.description for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    return described[0] or "" if described else ""
