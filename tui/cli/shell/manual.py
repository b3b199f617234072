"""The manual page `tunetop(1)`, in the macros of man(7)."""

from __future__ import annotations

from collections.abc import Iterator

from .... import __version__
from ..exit_codes import MEANINGS
from .table import Argument, Command, Option

_ABOUT = (
    "tunetop runs grid, random, explore-and-refine and Gaussian-process searches on a scikit-learn estimator, shows "
    "every fold of every trial live in the terminal, and ends with a comparison of the methods against the untuned "
    "baseline. Without a command it opens the picker: presets, and the runs that there are.",
    "A PRESET is the name of a shipped one (see tunetop presets) or the path of a .toml file. A RUN is an id, the "
    "beginning of one that is unique, or a path; left out, it is the latest.",
)

_EXAMPLES = (
    ("tunetop init churn.csv", "Write a preset for a table."),
    ("tunetop run churn.toml", "Run it, and watch."),
    ("tunetop run churn.toml --detach", "Run it free of this terminal."),
    ("tunetop attach", "Watch the latest run, from any terminal."),
    ("tunetop report --open", "Its verdict, as one HTML file."),
    ("tunetop watch -- python train.py", "Watch the searches of a script of one's own."),
)

_VARIABLES = (
    ("TUNETOP_RUNS_DIR", "Where runs are kept, as by --runs-dir."),
    ("TUNETOP_CONFIG_DIR", "Where the settings of the screen are kept."),
    ("NO_COLOR", "Where it is set, nothing is shown in colours."),
)

_FILES = (
    ("~/.local/share/tunetop/runs", "Runs, a folder each: the journal, the preset, and what is exported."),
    ("~/.config/tunetop/settings.toml", "Settings of the screen."),
)


def page(program: Command) -> str:
    """Return the page."""
    return "\n".join(_lines(program)) + "\n"


def _lines(program: Command) -> Iterator[str]:
    yield f'.TH TUNETOP 1 "" "tunetop {__version__}" "User Commands"'
    yield from (".SH NAME", f"tunetop \\- {_text(program.help.split(':')[0])}", ".SH SYNOPSIS")
    yield from (".B tunetop", ".RI [ OPTIONS ]", ".RI [ COMMAND \\ ...]", ".SH DESCRIPTION")
    yield from "\n.PP\n".join(_text(one) for one in _ABOUT).split("\n")
    yield ".SH OPTIONS"
    yield from _options(program)
    yield from (".TP", ".B \\-\\-debug", "Show where an error comes from.", ".SH COMMANDS")
    for command in program.all():
        if command.words:
            yield from _command(command)
    yield ".SH EXAMPLES"
    for line, meaning in _EXAMPLES:
        yield from (".TP", f".B {_text(line)}", _text(meaning))
    for title, rows in (
        ("EXIT STATUS", [(str(code), meaning) for code, meaning in MEANINGS.items()]),
        ("ENVIRONMENT", _VARIABLES),
        ("FILES", _FILES),
    ):
        yield f".SH {title}"
        for name, meaning in rows:
            yield from (".TP", f".B {_text(name)}", _text(meaning))


def _command(command: Command) -> Iterator[str]:
    yield f".SS {_text('tunetop ' + ' '.join(command.words))}"
    synopsis = [_shown(argument) for argument in command.arguments]
    if synopsis:
        yield from (f".B {_text(' '.join(command.words))}", f".I {_text(' '.join(synopsis))}", ".PP")
    yield _text(command.help)
    for argument in command.arguments:
        if argument.help:
            yield from (".TP", f".I {_text(argument.name)}", _text(argument.help))
    yield from _options(command)


def _shown(argument: Argument) -> str:
    name = f"{argument.name}..." if argument.many else argument.name
    return name if argument.needed else f"[{name}]"


def _options(command: Command) -> Iterator[str]:
    # of a command alone it goes without saying
    for option in command.options[: -1 if command.words else None]:
        yield from (".TP", _spelled(option), _text(option.help))


def _spelled(option: Option) -> str:
    names = ", ".join(f"\\fB{_text(name)}\\fR" for name in option.names)
    return names if option.value is None else f"{names} \\fI{_text(option.metavar)}\\fR"


def _text(text: str) -> str:
    """Return a text as it is to be read: no letter of it is a macro or an escape, and a hyphen can be copied."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    return f"\\&{plain}" if plain[:1] in (".", "'") else plain
