"""What a validation error of msgspec means for the author of a preset."""

from __future__ import annotations

import typing
from typing import Any

import msgspec

from .errors import PresetError, choose, found

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

    `document` was to become a `kind`; `prefix` is the key path of the document itself.
    """
    message, _, where = str(error).partition(" - at `$")
    path = where.rstrip("`").strip(".")
    key = ".".join(part for part in (prefix, path) if part)
    value, holder = document, kind
    for part in [part for part in path.replace("[...]", "").split(".") if part]:
        value = value.get(part) if isinstance(value, dict) else None
        holder = typing.get_type_hints(holder).get(part, holder) if isinstance(holder, type) else holder
    if "unknown field" in message or "missing required field" in message:
        name = message.split("`")[1]
        full = f"{key}.{name}".lstrip(".")
        fields: list[str] = list(getattr(holder, "__struct_fields__", ()))
        if "unknown" in message:
            return PresetError(file, full, "no such key", ", ".join(fields), choose(name, fields))
        return PresetError(file, full, "missing", f"a value for {name}")
    allowed = message.removeprefix("Expected ").split(", got ")[0].replace("`", "")
    words = [word.strip() for word in allowed.split("|") if word.strip() != "null"]
    return PresetError(file, key, found(value), " or ".join(_WORDS.get(word, word) for word in words))
