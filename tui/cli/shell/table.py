"""The command line as plain data, read from the parser's own objects: what completion scripts and manual are made of.

What a value may be is not in those objects, so it stands here: `_ARGUMENTS` and `_OPTIONS`, which a test holds
complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ....engine.export.figures.catalog import ARTICLE
from ....engine.export.figures.catalog import VIEWS as FIGURES
from ....engine.export.formats import FIGURES as PICTURES
from ....engine.export.formats import FORMATS, OF_WINNER
from ....engine.search.catalog import KINDS
from ....engine.tournament.export import VIEWS as RACE_FIGURES
from ....engine.trials.palette import PALETTES
from ...views.catalog import VIEWS
from .names import NAMES, SHELLS


@dataclass(frozen=True)
class Value:
    """What a value is completed by: names that are looked up (`NAMES`), files, folders, words, or nothing at all.

    Of `words`, several may stand with commas between them where `many` is set.
    """

    kind: str = "nothing"
    words: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True)
class Argument:
    """A value by its place; `many`: the last one, any number of times."""

    name: str
    help: str
    value: Value
    many: bool = False
    needed: bool = False


@dataclass(frozen=True)
class Option:
    """An option with all its spellings; a switch has no value."""

    names: tuple[str, ...]
    help: str
    value: Value | None = None
    metavar: str = ""
    many: bool = False


@dataclass(frozen=True)
class Command:
    """A command: the words that name it (none: the program itself), and what may follow."""

    words: tuple[str, ...]
    help: str
    arguments: tuple[Argument, ...]
    options: tuple[Option, ...]
    below: tuple[Command, ...] = ()

    def all(self) -> Iterator[Command]:
        """Yield it, and all commands below it."""
        yield self
        for command in self.below:
            yield from command.all()


def _words(*words: str, many: bool = False) -> Value:
    return Value("words", words, many)


NOTHING, FILES, FOLDERS = Value(), Value("files"), Value("folders")
RUNS, PRESETS, RUNS_OR_RACES, PRESETS_OR_RACES = (Value(name) for name in NAMES)
_METHODS = _words(*KINDS, many=True)

_ARGUMENTS: dict[str, Value] = {
    "run preset": PRESETS,
    "presets show name": PRESETS,
    "presets check file": PRESETS,
    "race preset": PRESETS_OR_RACES,
    "run_name": RUNS,
    "run_names": RUNS,
    "report runs": RUNS_OR_RACES,
    "export run_name": RUNS_OR_RACES,
    "completion what": _words(*SHELLS),
    "file": FILES,
    "source": FILES,
    "values": NOTHING,
}
"""By the parameter, or by command and parameter where it is another thing elsewhere."""

_OPTIONS: dict[str, Value] = {
    "--runs-dir": FOLDERS,
    "export --to": FOLDERS,
    "race --to": FOLDERS,
    "--to": FILES,
    "--methods": _METHODS,
    "--method": _words(*KINDS),
    "--format": _words(*FORMATS, *PICTURES, *OF_WINNER, "all", many=True),
    "export --view": _words(*FIGURES, ARTICLE.name, *RACE_FIGURES, "all"),
    "show --view": _words(*VIEWS),
    "--theme": _words(*PALETTES),
    "--direction": _words("minimize", "maximize"),
    "--mode": _words("min", "max"),
}
"""By the option, likewise."""

_UNKNOWABLE = (
    *("--workers", "--cluster", "--seed", "--seeds", "--first-seed", "--set", "--allow-import", "--target"),
    *("--trials", "--width", "--height", "--of", "--study", "--metric", "--older-than", "--keep"),
)
"""Options of whose value nothing can be said."""


def read(parser: Any, *, models: tuple[str, ...]) -> Command:
    """Return the command line as a table. `parser` is the command of typer or click; `models` those of `init`."""
    return _command((), parser, {**_OPTIONS, "--model": _words(*models)})


def _command(words: tuple[str, ...], parser: Any, options: dict[str, Value]) -> Command:
    path = " ".join(words)
    shown = [parameter for parameter in parser.params if not getattr(parameter, "hidden", False)]
    return Command(
        words,
        _line(parser.help),
        tuple(_argument(path, one) for one in shown if one.param_type_name == "argument"),
        (*(_option(path, one, options) for one in shown if one.param_type_name == "option"), _HELP),
        tuple(
            _command((*words, name), command, options)
            for name, command in getattr(parser, "commands", {}).items()
            if not command.hidden
        ),
    )


_HELP = Option(("--help", "-h"), "Show what there is, and end.")


def _argument(path: str, parameter: Any) -> Argument:
    value = _ARGUMENTS.get(f"{path} {parameter.name}") or _ARGUMENTS[parameter.name]
    name = parameter.metavar or parameter.name.upper()
    return Argument(
        name.strip("[].…"), _line(getattr(parameter, "help", "")), value, parameter.nargs != 1, parameter.required
    )


def _option(path: str, parameter: Any, options: dict[str, Value]) -> Option:
    names = (*parameter.opts, *parameter.secondary_opts)
    if parameter.is_flag:
        return Option(names, _line(parameter.help))
    value = options.get(f"{path} {names[0]}".strip()) or options.get(names[0])
    if value is None and names[0] not in _UNKNOWABLE:
        raise LookupError(f"{path} {names[0]}: nothing is said of its value")
    value = value or NOTHING
    metavar = parameter.metavar or _PLACES.get(value.kind) or names[0].lstrip("-").upper()
    return Option(names, _line(parameter.help), value, metavar, parameter.multiple)


_PLACES = {"files": "FILE", "folders": "FOLDER"}


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
