"""Completion for zsh, by its own `_arguments`, with the words of the help beside each option."""

from __future__ import annotations

import re
from pathlib import Path

from .table import Argument, Command, Option, Value


def script(program: Command) -> str:
    """Return the script, as it lies in a folder of `fpath`."""
    functions = "\n".join(_function(command) for command in program.all())
    return Path(__file__).with_name("completion.zsh").read_text(encoding="utf-8").replace("%(functions)s", functions)


def _function(command: Command) -> str:
    name = "_".join(("_tunetop_command", *command.words))
    specs = [*(_option(one) for one in command.options)]
    if not command.below:
        specs += [_argument(one) for one in command.arguments]
        body = " \\\n    ".join(["_arguments -s", *specs])
        return f"{name}() {{\n  {body}\n}}\n"
    specs += ["'1:command:->command'", "'*::arguments:->rest'"]
    body = " \\\n    ".join(["_arguments -s -C", *specs])
    told = "\n".join(f"    '{one.words[-1]}:{_escaped(one.help)}'" for one in command.below)
    return f"""{name}() {{
  local state line curcontext="$curcontext"
  local -a commands=(
{told}
  )
  {body}
  case $state in
    command) _describe command commands ;;
    rest) (( $+functions[{name}_$words[1]] )) && {name}_$words[1] ;;
  esac
}}
"""


def _option(option: Option) -> str:
    told = f"[{_escaped(option.help)}]{_value(option)}"
    # with a value of its own behind = or a blank, or for a single letter, at once
    spelled = [name if option.value is None else f"{name}{'=' if name[1] == '-' else '+'}" for name in option.names]
    if len(spelled) == 1 or option.many:
        return " ".join(f"'{'*' if option.many else ''}{name}{told}'" for name in spelled)
    # one of its spellings excludes the others
    return f"'({' '.join(option.names)})'{{{','.join(spelled)}}}'{told}'"


def _value(option: Option) -> str:
    return "" if option.value is None else f":{_escaped(option.metavar)}:{_action(option.value)}"


def _argument(argument: Argument) -> str:
    place = "*" if argument.many else ":" if argument.needed else "::"
    return f"'{place}{':' if argument.many else ''}{_escaped(argument.name)}:{_action(argument.value)}'"


def _action(value: Value) -> str:
    if value.kind == "words":
        words = " ".join(value.words)
        return f"_values -s , word {words}" if value.many else f"({words})"
    return {"files": "_files", "folders": "_files -/", "nothing": " "}.get(
        value.kind, f"{{_tunetop_names {value.kind}}}"
    )


def _escaped(text: str) -> str:
    return re.sub(r"([\\\[\]:$`])", r"\\\1", text).replace("'", "'\\''")
