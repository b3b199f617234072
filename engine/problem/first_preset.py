"""A first preset for a table: what a person would begin with, written out with the reasons, to be changed at will.

The table is read as any run reads it. What that asks for (an encoding, which words stand for nothing, the positive
class) is answered with the likeliest and said in a comment."""

from __future__ import annotations

import json
import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from ..data.categories import likely_kind
from ..data.csv_table import RawTable, read_csv
from ..data.kinds import Said, typed
from ..data.other_tables import read_other
from ..data.surprises import counts_rows, names_rows
from ..errors import PresetError, UsageError, choose
from ..files import safe_name
from ..preset.columns import named, names_of
from ..preset.data_spec import DataSpec, source_of
from ..preset.preset import parse
from ..text import clean, listed
from .first_answers import Answers, answer_positive, answered
from .first_folds import row_order
from .first_models import METHODS, MODELS, Model
from .problem import Problem, load_problem

_TARGETS = re.split(
    r"\s+",
    "target label class y outcome result churn churned survived species diagnosis exited attrition default fraud "
    "isfraud transported loanstatus covertype defaultpaymentnextmonth price saleprice medv quality rating income "
    "salary",
)
"""What columns that are to be predicted are often called, the surest first."""
_AIM = "target"


@dataclass(frozen=True)
class _Table:
    """A table, what is to be learned from it by what, and where its preset goes."""

    raw: RawTable
    target: str
    classification: bool
    model: Model
    path: Path
    source: str
    place: Path


@dataclass(frozen=True)
class FirstPreset:
    """The preset's text, and what to say of the table."""

    text: str
    said: tuple[str, ...]


def named_after(path: Path) -> Path:
    """Return where a table's preset goes: beside the table, by its name."""
    return path.with_name(f"{safe_name(path.stem)}.toml")


def first_preset(path: Path, target: str | None = None, model: str = "auto", place: Path | None = None) -> FirstPreset:
    """Return a preset for a table, to be written to `place`: beside the table, unless another one is given.

    Raises `UsageError` where there is nothing that could be learned from the table.
    """
    place = place or named_after(path)
    beside = place.resolve().parent == path.resolve().parent
    if model not in ("auto", *MODELS):
        allowed = ", ".join(("auto", *MODELS))
        raise UsageError(
            f"--model: found {clean(model, 40)!r}; allowed: {allowed}. {choose(model, list(MODELS))}".strip()
        )
    answers = Answers()
    raw, kind = _read(path, answers)
    source = f"{kind}:{path.name if beside else path.resolve()}"
    names = [str(name) for name in raw.frame.columns]
    chosen = named(target, names, "--target", str(path)) if target is not None else _target(raw)
    aim: Any = raw.frame[chosen].dropna()
    if _different(aim) < 2:
        held = f"{clean(repr(aim.iloc[0]), 40)} in all rows that have a value" if len(aim) else "no value in any row"
        raise UsageError(f"{clean(chosen, 60)} cannot be predicted: it holds {held}; --target names another column")
    classification = not _is_continuous(aim)
    if classification and aim.nunique() > max(20, 0.5 * len(aim)):
        found = f"{aim.nunique()} different values in {len(aim)} rows are neither numbers nor classes"
        raise UsageError(f"{clean(chosen, 60)} cannot be predicted: {found}; --target names another column")
    answers.data["target"] = (chosen, "" if target is not None else "guessed: what is to be predicted")
    drops = _useless(raw, chosen)
    if drops:
        answers.data["drop"] = (list(drops), "; ".join(f"{clean(n, 30)}: {why}" for n, why in list(drops.items())[:4]))
    if classification:
        answer_positive(answers, raw, chosen)
    table = _Table(raw, chosen, classification, _model(model, raw, classification), path, source, place)
    text, problem = _settled(table, answers)
    if kinds := _likelier(raw, problem):
        likely = Answers(dict(answers.data), answers.columns | kinds)
        # of what cannot be read so, the lines tell
        with suppress(PresetError):
            text, problem = _settled(table, likely)
            answers = likely
    if leaks := problem.card.leaks[: len(problem.columns) - 1]:
        drop, why = answers.data.get("drop", ([], ""))
        told = f"tell {clean(chosen, 30)} by themselves, so hardly known beforehand: {listed(leaks, 4, 30)}"
        answers.data["drop"] = ([*drop, *leaks], "; ".join(part for part in (why, told) if part))
        answers.columns = {name: kind for name, kind in answers.columns.items() if name not in leaks}
        text, problem = _settled(table, answers)
    order = row_order(_dated(raw, problem), problem.card.columns, classification)
    if order.score:
        ordered = Answers({**answers.data, **order.data}, dict(answers.columns), order.score)
        # of rows that cannot be parted so, nothing is said
        with suppress(PresetError):
            text, problem = _settled(table, ordered)
            answers = ordered
    return FirstPreset(text, _said(problem, chosen, classification, answers))


def _settled(table: _Table, answers: Answers) -> tuple[str, Problem]:
    """Return the preset's text and what it loads as, with the answers to all that the reading of the table asks."""
    for _ in range(20 + 2 * len(table.raw.frame.columns)):
        text = _written(table, answers)
        try:
            return text, load_problem(parse(text, table.place))
        except PresetError as error:
            if not answered(error, answers, table.raw, table.target):
                raise
    raise UsageError(f"{table.path}: the table asks for more than can be guessed; write a preset by hand")


def _likelier(raw: RawTable, problem: Problem) -> dict[str, tuple[str, str]]:
    """Return the kinds of columns that are read as categories and look like something else, with the reasons."""
    found = {}
    for name in names_of(problem.card.columns, "category"):
        texts = [str(text) for one in problem.readings if one.name == name for text in one.values]
        kind, why = likely_kind(texts) if texts and raw.frame[name].dtype.kind in "OTU" else ("", "")
        if kind:
            found[name] = (kind, f"guessed: {why}")
    return found


def _dated(raw: RawTable, problem: Problem) -> Any:
    """Return the table with its dates as dates, as the preset has them read."""
    dates = names_of(problem.card.columns, "date")
    if not dates:
        return raw.frame
    kinds = {name: kind for name, kind in problem.preset.columns.items() if name in dates}
    return raw.frame.assign(**dict(typed(raw.frame[dates], Said("", kinds)).frame))


_ASKED = re.compile(
    r"(?P<key>encoding|separator|skip|comment|footer|quote|sheet) = (\"[^\"]+\"|'[^']+'|\d+|\[[\d, ]+\])"
)
"""What reading a file asks for, where it says what it would be."""


def _read(path: Path, answers: Answers) -> tuple[RawTable, str]:
    """Return the table as its answers have it read, and what kind of source it is, whatever its name says."""
    kind = source_of(path)
    spec = DataSpec(source=f"csv:{path}")
    while True:
        try:
            if kind != "csv":
                raw = read_other(kind, path, "FILE", str(path), spec)
            else:
                raw = read_csv(path, "FILE", str(path), spec)
        except PresetError as error:
            if error.allowed.startswith('source = "csv:') and kind != "csv":
                kind = "csv"
                continue
            perhaps = _ASKED.match(error.allowed)
            if perhaps is None or perhaps["key"] in answers.data:
                raise
            other = error.allowed[perhaps.end() :].removesuffix(", or another") if perhaps["key"] == "encoding" else ""
            found = {perhaps["key"]: (tomllib.loads(perhaps[0])[perhaps["key"]], error.found + other)}
        else:
            found = {name: said for name, said in raw.likely.items() if name not in answers.data}
            if not found:
                return raw, kind
        answers.data |= {name: (value, f"guessed: {why}") for name, (value, why) in found.items()}
        spec = replace(spec, **{name: value for name, (value, _) in found.items()})


def _target(raw: RawTable) -> str:
    names = [str(name) for name in raw.frame.columns]
    by_word = {re.sub(r"[\W_]", "", name).lower(): name for name in reversed(names)}
    for word in _TARGETS:
        if word in by_word:
            return by_word[word]
    frame: Any = raw.frame
    for name in reversed(names):
        values = frame[name]
        names_rows = values.dtype.kind == "O" and _different(values) > 0.5 * len(values)
        if _different(values) > 1 and not (names_rows and not _is_continuous(values.dropna())):
            return name
    raise UsageError("no column could be predicted: each holds one value only, or different ones throughout; --target")


def _different(values: Any) -> int:
    """Return how many different values a column has, 0 where its cells hold lists or the like."""
    try:
        return int(values.nunique())
    except TypeError:
        return 0


def _is_continuous(aim: Any) -> bool:
    if aim.dtype.kind in "iu":
        return aim.nunique() > 20
    if aim.dtype.kind == "f":
        return aim.nunique() > 20 or bool((aim % 1 != 0).any())
    if aim.dtype.kind == "b":
        return False
    try:
        typed(aim.to_frame(_AIM), Said("", {_AIM: "number"}))
    except PresetError as error:
        return error.key == "data.decimal" and aim.nunique() > 20  # they are numbers, if it is not clear which ones
    return aim.nunique() > 20


def _useless(raw: RawTable, target: str) -> dict[str, str]:
    """Return the columns from which nothing can be learned, and why."""
    found: dict[str, str] = {}
    for name in map(str, raw.frame.columns):
        values: Any = raw.frame[name]
        if name == target:
            continue
        if values.notna().sum() == 0:
            found[name] = "no value in any row"
        elif values.dtype.kind == "O" and any(isinstance(v, list | dict | set | np.ndarray) for v in values):
            found[name] = "no single value in a cell"
        elif values.nunique() == 1 and values.notna().all():
            found[name] = "one value in all rows"
        elif counts_rows(name, values):
            found[name] = "merely counts the rows"
        elif names_rows(name, values):
            found[name] = "all different, as if it named the rows"
        elif values.dtype.kind == "O" and len(values) > 20 and values.nunique() == len(values) and _is_code(values):
            found[name] = "all different"
    return found if len(found) < len(raw.frame.columns) - 1 else {}


def _is_code(values: Any) -> bool:
    """Tell whether texts that are all different are read as names or codes: no sentences, numbers, dates, spans."""
    try:
        notes = typed(values.to_frame(_AIM), Said("")).notes
    except PresetError:
        return False  # they are something that is to be asked for
    named = any(note.startswith(f"{_AIM}: all different") for note in notes)
    return named and float(values.astype("str").str.split().str.len().mean()) < 4


def _model(model: str, raw: RawTable, classification: bool) -> Model:
    return MODELS["hgb" if len(raw.frame) > 300 else "logistic"] if model == "auto" else MODELS[model]


def _written(table: _Table, answers: Answers) -> str:
    """Return the preset as TOML, with a comment wherever something was decided."""
    raw, kind, classification = table.raw, table.model, table.classification
    data = dict(answers.data)
    folds = data.pop("folds", (_folds(raw, answers, classification), ""))[0]
    stratify = data.pop("stratify", (classification, ""))
    metric = data.pop("scoring", (_metric(answers, raw, classification), ""))
    lines = [
        f"title = {_toml(clean(table.path.stem, 50) or 'table')}",
        "",
        "[data]",
        f"source = {_toml(table.source)}  # {len(raw.frame):,} rows, {len(raw.frame.columns)} columns",
        *(_line(name, value, why) for name, (value, why) in data.items()),
        "test_size = 0.2  # held out to the end, scored once by each method's winner",
        *([_line("stratify", *stratify)] if classification and not answers.score else []),
        "seed = 42",
        "",
    ]
    if answers.columns:
        lines += ["[columns]  # kinds that had to be said; the others are seen from the values"]
        lines += [_line(_toml(name), value, why) for name, (value, why) in answers.columns.items()] + [""]
    params = ", ".join(part for part in (kind.params, kind.only_classifier if classification else "") if part)
    lines += [
        "[model]",
        f"estimator = {_toml(kind.classifier if classification else kind.regressor)}",
        *([f"params = {{ {params} }}"] if params else []),
        f"prepare = {kind.prepare}  # fitted inside each fold; [] leaves columns to be prepared by their kind",
        "",
        "[space]  # range for random and bayes, grid for grid and where refine begins",
        kind.space.replace("STRENGTH", "C" if classification else "alpha").rstrip(),
        "",
        "[score]",
        _line("scoring", *metric),
        *(_line(name, value, why) for name, (value, why) in answers.score.items()),
        f"folds = {folds}",
        "",
    ]
    return "\n".join([*lines, METHODS])


def _folds(raw: RawTable, answers: Answers, classification: bool) -> int:
    """Return how many folds there are to be: one row of each class in each, if it takes no fewer than three."""
    most = 3 if len(raw.frame) > 20_000 else 5
    rarest = int(raw.frame[answers.data["target"][0]].value_counts().min() * 0.8) if classification else most
    return rarest if 3 <= rarest < most else most


def _metric(answers: Answers, raw: RawTable, classification: bool) -> str:
    if not classification:
        return "r2"
    counts = raw.frame[answers.data["target"][0]].value_counts()
    if len(counts) == 2:
        return "average_precision" if counts.min() < 0.05 * counts.sum() else "roc_auc"
    return "balanced_accuracy" if counts.min() < 0.5 * counts.max() else "accuracy"


def _line(name: str, value: Any, why: str) -> str:
    written = f"{name} = {_toml(value)}"
    return f"{written}  # {clean(why, 120)}" if why else written


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # as it would be written by hand: letters of any language as they are
        plain = (one if one.isprintable() and one not in '"\\' else json.dumps(one)[1:-1] for one in value)
        return f'"{"".join(plain)}"'
    return str(value)


def _said(problem: Problem, target: str, classification: bool, answers: Answers) -> tuple[str, ...]:
    """Return what was seen, for reading."""
    card = problem.card
    kinds: dict[str, int] = {}
    for column in card.columns:
        kinds[column.kind] = kinds.get(column.kind, 0) + 1
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    aim = f"{len(card.classes)} classes" if classification else "a number"
    positive = f", positive: {card.positive}" if card.positive else ""
    another = " (guessed; another one: --target NAME)" if answers.data["target"][1] else ""
    return (
        f"{card.rows:,} rows; features: {counted}",
        f"target: {clean(target, 60)}, {aim}{positive}{another}",
        *([_left_out(*answers.data["drop"])] if "drop" in answers.data else []),
        *(
            f"data.{key} = {_toml(answers.data[key][0])}, {answers.data[key][1]}"
            for key in _SAID
            if key in answers.data
        ),
        *(f"[columns] {_toml(name)} = {_toml(kind)}, {why}" for name, (kind, why) in answers.columns.items() if why),
        *(f"score.{key} = {_toml(value)}, {why}" for key, (value, why) in answers.score.items() if why),
        *card.notes,
    )


_SAID = (
    "sheet",
    "encoding",
    "separator",
    "skip",
    "comment",
    "footer",
    "header",
    "decimal",
    "missing",
    "missing_target",
)
"""Answers of which nothing else tells."""


def _left_out(names: list[str], why: str) -> str:
    """Return which columns are no features, and why."""
    count = f"{len(names)} columns" if len(names) != 1 else "1 column"
    return f"left out (data.drop): {count}, {clean(why, 300)}"
