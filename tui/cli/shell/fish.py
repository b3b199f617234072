"""Completion for fish, with the words of the help beside each command and option."""

from __future__ import annotations

from collections.abc import Iterator

from .names import NAMES
from .table import Command, Option, Value


def script(program: Command) -> str:
    """Return the script."""
    groups = " ".join(one.words[0] for one in program.below if one.below)
    return "\n".join([_SHARED.replace("%(groups)s", groups), *_lines(program), ""])


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


_SHARED = r"""# fish completion for tunetop, made by: tunetop completion fish

# whether the cursor is behind that command, or with no words behind none
function __tunetop_at
    set -l found
    set -l awaited
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if test -n "$awaited"
            set awaited
        else if test "$word" = --runs-dir
            set awaited $word
        else if not string match -q -- '-*' $word
            if test (count $found) -eq 0
                set found $word
            else if test (count $found) -eq 1; and contains -- $found[1] %(groups)s
                set -a found $word
            end
        end
    end
    test "$found" = "$argv"
end

function __tunetop_names
    set -l words (commandline -opc)
    set -l place (contains -i -- --runs-dir $words)
    set -l dir (string match -- '--runs-dir=*' $words)
    if test -n "$place"; and test (count $words) -gt $place
        set dir --runs-dir $words[(math $place + 1)]
    end
    $words[1] completion $argv[1] $dir 2>/dev/null
end

function __tunetop_path
    string match -q -r '^[.~]|/' -- (commandline -ct)
end

# words with commas between them
function __tunetop_list
    set -l before (commandline -ct | string replace -r '^--[a-z-]+=' '' | string replace -r '[^,]*$' '')
    printf '%s\n' $before$argv
end

complete -c tunetop -f"""
