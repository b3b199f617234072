"""Completion for bash (4.4 or newer); it needs nothing of the package bash-completion.

Names are compared by the script itself: bash's own `compgen -W` would expand what is in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .table import Command, Value


def script(program: Command) -> str:
    """Return the script."""
    cases = {
        "commands": (_told(one, (below.words[-1] for below in one.below)) for one in program.all()),
        "options": (_told(one, (name for each in one.options for name in each.names)) for one in program.all()),
        "values": _values(program),
        "arguments": _arguments(program),
    }
    text = Path(__file__).with_name("completion.bash").read_text(encoding="utf-8")
    for name, rows in cases.items():
        text = text.replace(f"%({name})s", "\n".join(f"        {pattern}) {action} ;;" for pattern, action in rows))
    return text


def _told(command: Command, words: Iterable[str]) -> tuple[str, str]:
    return f'"{" ".join(command.words)}"', f'REPLY="{" ".join(words)}"'


def _values(program: Command):
    for command in program.all():
        for option in command.options:
            if option.value is not None:
                patterns = (f'"{" ".join(command.words)} {name}"' for name in option.names)
                yield "|".join(patterns), f'REPLY="{_takes(option.value)}"'


def _arguments(program: Command):
    for command in program.all():
        for place, argument in enumerate(command.arguments):
            last = argument.many and place == len(command.arguments) - 1
            yield f'"{" ".join(command.words)} "{"*" if last else place}', f'REPLY="{_takes(argument.value)}"'


def _takes(value: Value) -> str:
    return " ".join(("list" if value.many else value.kind, *value.words))
