"""A preset: what to tune, on which data, over which space, with which methods.

Presets are TOML. `parse` checks everything that can be checked without scikit-learn (keys, types, ranges, methods), so
that the picker can list and explain presets at once; `problem.problem` checks the rest (estimator, parameters, scorer,
data). Every mistake is a `PresetError` with file, key path, what was found and what is allowed.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ..errors import PresetError, UsageError, choose, explain, found
from ..events import BASELINE, MethodPlan, Point, Simplest
from ..files import only_plain
from ..search.catalog import KINDS
from ..search.stop_rules import StopSpec
from ..space.space import Space
from ..space.spec import parse_space
from ..text import NAME, clean
from .by_name import names_columns
from .choosing import rule_of
from .data_spec import TABLES, DataSpec
from .imports import ALLOWED, OWN
from .method_options import Method, parse_methods
from .objectives import Goals, goals_of
from .specs import ModelSpec, ScoreSpec
from .start import StartSpec
from .steps import check_steps

SHIPPED = Path(__file__).resolve().parents[2] / "presets"
LARGEST = 1_000_000
"""Bytes of a preset's file, at most."""


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Annotated[str, Meta(description="what the preset is called on the screen")]
    data: Annotated[DataSpec, Meta(description="a table [data] with source and target")]
    model: Annotated[ModelSpec, Meta(description="a table [model] with estimator")]
    space: Annotated[dict[str, Any], Meta(description="a table [space] with a line for each hyperparameter")]
    score: Annotated[ScoreSpec, Meta(description="a table [score] with scoring")]
    method: Annotated[list[dict[str, Any]], Meta(description='[[method]] with kind = "random", once for each method')]
    description: str = ""
    stop: StopSpec = StopSpec()
    start: StartSpec = StartSpec()
    columns: dict[str, str | list[str]] = {}


@dataclass(frozen=True)
class Preset:
    """A preset, parsed and checked as far as that goes without scikit-learn."""

    name: str
    path: str
    title: str
    description: str
    data: DataSpec
    columns: dict[str, str | list[str]]
    """Column -> its kind, a date's format, or its values in the order of their numbers; others are guessed."""
    model: ModelSpec
    score: ScoreSpec
    space: Space
    methods: tuple[Method, ...]
    stop: StopSpec
    start: StartSpec
    points: tuple[Point, ...]
    """What methods that go on as long as they are told to begin with."""
    rule: Simplest | None
    """How methods choose their winners; None: by the best mean."""
    goals: Goals
    """Objectives beside the leading score, and constraints."""
    document: dict[str, Any]
    """The TOML document as it will be run, overrides included."""
    text: str
    """The document as text: the author's own, unless overrides changed it."""

    @property
    def digest(self) -> str:
        """SHA-256 over what the preset says, comments and layout aside."""
        return hashlib.sha256(msgspec.json.encode(self.document, order="deterministic")).hexdigest()

    def names_columns(self, columns: list[str]) -> bool:
        """Tell whether the model, a step or a choice knows some of the columns by their names."""
        return any(
            names_columns(one, columns) for one in (self.model.params, self.model.prepare, self.document["space"])
        )

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the preset start from."""
        return Path(self.path).resolve().parent

    @property
    def code(self) -> Path:
        """The folder that modules of one's own are looked for in."""
        return self.folder / Path(self.model.code or ".").expanduser()

    def plans(self) -> list[MethodPlan]:
        """Return the methods as views know them, the baseline first."""
        return [BASELINE_PLAN, *(method.plan(self.space, len(self.points)) for method in self.methods)]


BASELINE_PLAN = MethodPlan(BASELINE, BASELINE, "Baseline", 1)


def find(reference: str) -> Path:
    """Return the file of a shipped preset's name or of a path; raise `UsageError` naming what there is."""
    path = Path(reference)
    if path.suffix.lower() in TABLES and path.is_file():
        raise UsageError(
            f"{clean(reference)} is a table, not a preset. 'tunetop init {clean(reference)}' looks at it and writes one"
        )
    if path.suffix == ".toml" or "/" in reference:
        if not path.is_file():
            what = "a folder, no preset file" if path.is_dir() else "no such preset file"
            raise UsageError(f"{clean(reference)}: {what}")
        return path
    shipped = {file.stem: file for file in sorted(SHIPPED.glob("*.toml"))}
    if reference in shipped:
        return shipped[reference]
    # whatever dots are in the name: `churn.v2` is the file churn.v2.toml, and no other
    if (file := Path(f"{reference}.toml")).is_file():
        return file
    hint = choose(reference, list(shipped))
    known = f"shipped: {', '.join(shipped)}, or the path of a .toml file"
    raise UsageError(f"{clean(reference) or repr('')}: no such preset; {known}. {hint}".strip())


def load(reference: str | Path, overrides: Mapping[str, Any] | None = None, seed: int | None = None) -> Preset:
    """Return the preset of that name or path, with `overrides` (dotted key -> value) and methods' `seed` put in."""
    path = reference if isinstance(reference, Path) else find(reference)
    try:
        with open(path, "rb", opener=only_plain) as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise PresetError(str(path), "", "found a file of over 1 MB", "a preset of at most 1 MB")
        # some editors begin a text with a byte order mark
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise PresetError(str(path), "", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise PresetError(str(path), "", f"byte {error.start} is not UTF-8", "a UTF-8 text file") from None
    return parse(text, path, overrides, seed)


def parse(text: str, path: str | Path, overrides: Mapping[str, Any] | None = None, seed: int | None = None) -> Preset:
    """Return the preset that `text` holds; `path` gives its name and where relative paths start."""
    file = str(path)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not only TOML's own: a number may have too many digits for Python
        raise PresetError(file, "", f"not TOML: {error}", hint="See https://toml.io for the format") from None
    changed = _override(document, overrides or {}, seed, file)
    try:
        checked = _convert(document, file)
    except RecursionError:
        raise PresetError(file, "", "holds tables in tables beyond all measure", "a preset") from None
    space = parse_space(checked.space, file)
    methods = tuple(parse_methods(checked.method, space, file))
    _check(checked, file)
    points = checked.start.parsed(space, file)
    rule = rule_of(checked.score, space, file)
    goals = goals_of(checked.score, methods, file)
    if changed:
        text = as_toml(document)
    stem = Path(path).stem
    return Preset(
        name=stem if NAME.fullmatch(stem) else "preset",
        path=file,
        title=clean(checked.title, 60),
        description=clean(checked.description, 400),
        data=checked.data,
        columns=checked.columns,
        model=checked.model,
        score=checked.score,
        space=space,
        methods=methods,
        stop=checked.stop,
        start=checked.start,
        points=points,
        rule=rule,
        goals=goals,
        document=document,
        text=text,
    )


def portable(preset: Preset) -> Preset:
    """Return the preset as a run folder keeps it: its relative data paths made absolute."""
    import copy

    document, text = copy.deepcopy(preset.document), preset.text
    model = document["model"]
    if names_own_code(document):
        model["code"] = str(preset.code)
        # the author's text stays as it is, but for this line
        text, lines = re.subn(
            r"(?m)^\[model\][ \t]*$", lambda _: f"[model]\ncode = {_quoted(model['code'])}", text, count=1
        )
        if lines != 1 or "code" in preset.document["model"]:
            text = as_toml(document)
    before = copy.deepcopy(document["data"])
    for key in ("source", "test"):
        kind, _, rest = str(document["data"].get(key) or "").partition(":")
        if kind in ("csv", "parquet", "feather", "excel", "json") and not Path(rest).expanduser().is_absolute():
            document["data"][key] = f"{kind}:{preset.folder / rest}"
    if document == preset.document:
        return preset
    if document["data"] != before:
        text = as_toml(document)
    return replace(
        preset,
        document=document,
        text=text,
        data=msgspec.convert(document["data"], DataSpec),
        model=msgspec.convert(model, ModelSpec),
    )


def _quoted(text: str) -> str:
    import tomli_w

    return tomli_w.dumps({"code": text}).partition(" = ")[2].strip()


def names_own_code(value: Any) -> bool:
    """Tell whether a document names a module that is none of the well-known ones."""
    if isinstance(value, dict):
        paths = [path for key in ("class", "estimator") if isinstance(path := value.get(key), str)]
        dotted = [path for path in paths if "." in path and path.replace(".", "_").isidentifier()]
        if any(path.partition(".")[0] not in ALLOWED for path in dotted):
            return True
        return any(names_own_code(item) for item in value.values())
    if isinstance(value, list):
        return any(names_own_code(item) for item in value)
    return isinstance(value, str) and value.startswith(OWN)


def as_toml(document: dict[str, Any]) -> str:
    """Return a document as TOML, its hyperparameters in their order: on that depends which points a search draws."""
    import tomli_w

    lines: list[str] = []
    for name, value in document["space"].items():
        if not isinstance(value, dict):
            lines.append(tomli_w.dumps({name: value}))
            continue
        # a table on lines of its own would go behind the plain values; within lists it is written in braces
        key, _, listed = tomli_w.dumps({name: [[value]]}).partition(" = [\n")
        inline = listed[listed.index("{") : listed.rindex("}") + 1]
        lines.append(f"{key} = {inline}\n")
    rest = tomli_w.dumps({key: value for key, value in document.items() if key != "space"})
    return f"{rest}\n[space]\n{''.join(lines)}"


def _override(document: dict[str, Any], overrides: Mapping[str, Any], seed: int | None, file: str) -> bool:
    """Put overrides into the document in place; method options are reached as `method.NAME.OPTION`."""
    for key, value in overrides.items():
        *path, last = key.split(".")
        place: Any = document
        for part in path:
            if isinstance(place, list):
                place = next((m for m in place if isinstance(m, dict) and part in (m.get("name"), m.get("kind"))), None)
            else:
                place = place.setdefault(part, {}) if isinstance(place, dict) else None
            if not isinstance(place, dict | list):
                raise PresetError(file, key, f"there is no {part!r} to set something in")
        if not isinstance(place, dict):
            raise PresetError(file, key, "names a list", "method.NAME.OPTION=VALUE")
        place[last] = value
    methods = document.get("method")
    if seed is not None and isinstance(methods, list):
        for method in methods:
            if isinstance(method, dict) and "seed" in _options_of(method):
                method["seed"] = seed
    return bool(overrides) or seed is not None


def _options_of(method: dict[str, Any]) -> tuple[str, ...]:
    kind = KINDS.get(str(method.get("kind")))
    return kind.Options.__struct_fields__ if kind is not None else ()


def _convert(document: dict[str, Any], file: str) -> _Document:
    for key, value in _walk_strings(document, ""):
        if "\x00" in value or any(0xD800 <= ord(c) <= 0xDFFF for c in value):
            raise PresetError(file, key, "holds a NUL or a lone surrogate", "text")
    try:
        return msgspec.convert(document, _Document)
    except msgspec.ValidationError as error:
        raise explain(error, document, file, _Document) from None


def _walk_strings(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _walk_strings(name, f"{key} key")
            yield from _walk_strings(item, f"{key}.{name}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk_strings(item, f"{key}[{index}]")


def _check(document: _Document, file: str) -> None:
    """Check what types alone do not say."""
    document.data.check(file)
    for key in ("prepare", "prepare_before_split"):
        check_steps(getattr(document.model, key), f"model.{key}", file)
    document.score.check(file)
    document.model.check(file)
    document.stop.check(file)
    document.start.check(file)
    if not document.title.strip():
        raise PresetError(file, "title", found(document.title), "a title to show")
