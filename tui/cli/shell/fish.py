"""Completion for fish, with the words of the help beside each command and option."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .names import NAMES
from .table import Command, Option, Value


def script(program: Command) -> str:
    """Return the script."""
    groups = " ".join(one.words[0] for one in program.below if one.below)
    text = Path(__file__).with_name("completion.fish").read_text(encoding="utf-8")
    return text.replace("%(groups)s", groups) + "\n".join([*_lines(program), ""])


def _lines(program: Command) -> Iterator[str]:
    for command in program.all():
        here = f"complete -c tunetop -n '__tunetop_at {' '.join(command.words)}'".replace(" '", "'").replace(
            "-n'", "-n '"
        )
        for below in command.below:
            yield f"{here} -a {below.words[-1]} -d {_quoted(below.help)}"
        for option in command.options:
            yield f"{here} {_option(option)}"
        for argument in command.arguments:
            if (values := _values(argument.value)) is not None:
                yield f"{here} -a {_quoted(values)}"
            if argument.value.kind == "files":
                yield f"{here} -F"
            elif argument.value.kind in NAMES:
                # a path is taken in the place of each name
                yield f"{here[:-1]}; and __tunetop_path' -F"


def _option(option: Option) -> str:
    names = " ".join(f"-s {name[1:]}" if len(name) == 2 else f"-l {name[2:]}" for name in option.names)
    told = f"{names} -d {_quoted(option.help)}"
    if option.value is None:
        return told
    if option.value.kind in ("files", "folders"):
        return f"{told} -r -F" if option.value.kind == "files" else f"{told} -x -a '(__fish_complete_directories)'"
    values = _values(option.value)
    return f"{told} -x" if values is None else f"{told} -x -a {_quoted(values)}"


def _values(value: Value) -> str | None:
    if value.kind == "words":
        words = " ".join(value.words)
        return f"(__tunetop_list {words})" if value.many else words
    if value.kind not in NAMES:
        return None
    files = " (__fish_complete_suffix .toml)" if value.kind.startswith("presets") else ""
    return f"(__tunetop_names {value.kind}){files}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
