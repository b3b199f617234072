"""The part of a script that loads the data: as `pandas.read_csv` gives it, and what is done to its columns after that.

Columns that pandas reads as they are need no line; others come in groups, one loop for all that are read alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..data.csv_table import RawTable, read_csv
from ..data.decimals import decimal_of
from ..data.epochs import EPOCHS
from ..data.kinds import Said, typed
from ..data.loading import fetched
from ..data.numerals import GAPS, NUMBER
from ..data.other_tables import read_other
from ..data.readings import Reading
from ..data.roles import role_columns
from ..data.rough_numbers import DIGITS, ROUGH, SUBSTITUTES, SWAPPED
from ..data.spans import SPAN, UNITS
from ..data.without_target import absent
from ..preset.columns import named
from ..preset.preset import SHIPPED, Preset
from ..problem.problem import Problem
from .python_code import Call, Code, Node, laid_out, literal

TEXTS = '''
def texts(column, missing=()):
    """Return what a column says as text, without blanks at its ends; what says nothing is missing."""
    said = column.map(lambda value: str(value).strip(), na_action="ignore")
    return said.mask(said.isin(missing))
'''

_PLAIN = frozenset("0123456789+-.,eE")

MANY = 8
"""Columns that are left out by their names, at most; of more, those that stay are listed."""


@dataclass
class Loading:
    """Code that leaves `X` and `y` behind, and arrays of the names in `roles`."""

    lines: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    test_rows: int = 0
    """Rows at the end that are a test set of the author's own."""
    roles: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Table:
    raw: RawTable
    path: Path
    kind: str


def loading(problem: Problem, code: Code) -> Loading:
    """Return the code that loads a problem's data."""
    preset, made = problem.preset, Loading()
    kind, _, rest = preset.data.source.partition(":")
    if kind == "sklearn":
        _add_bundled(problem, rest, code, made)
        return made
    code.modules |= {"numpy", "pandas"}
    if kind == "openml":
        frame, (target, *_) = fetched(rest, preset)
        fetch = code.name("sklearn.datasets", "fetch_openml")
        which = f"data_id={int(rest)}" if rest.isdigit() else f"name={literal(rest)}"
        made.lines.append(f'data = {fetch}({which}, target_column={literal(target)}, as_frame=True, parser="auto")')
        made.lines.append("frame = data.frame.rename(columns=str)")
        raw = RawTable(frame)
    else:
        raw = _add_tables(problem, made)
        target = named(str(preset.data.target), [str(name) for name in raw.frame.columns], "data.target", preset.path)
    _add_columns(problem, raw, target, made)
    return made


def _add_bundled(problem: Problem, name: str, code: Code, made: Loading) -> None:
    code.modules.add("numpy")
    load, frame = code.name("sklearn.datasets", f"load_{name}"), not isinstance(problem.split.train, np.ndarray)
    made.lines.append(f"data = {load}({'as_frame=True' if frame else ''})")
    made.lines.append(f"X, y = data.data, data.target{'.to_numpy()' if frame else ''}")
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    names, chosen = [str(one) for one in bunch.feature_names], [one.name for one in problem.readings]
    if chosen != names:
        places = literal([names.index(one) for one in chosen])
        made.lines.append(f"X = X.iloc[:, {places}]" if frame else f"X = np.ascontiguousarray(X[:, {places}])")
    if problem.of_classes and len(problem.labels) == 2 and str(bunch.target_names[1]) != problem.labels[1]:
        made.lines.append(f"y = 1 - y  # {literal(problem.labels[1])} is the positive class")


def _add_tables(problem: Problem, made: Loading) -> RawTable:
    """Add the lines that read the preset's files into `frame`, and return what comes of them."""
    preset = problem.preset
    tables = [_table(preset, source) for source in (preset.data.source, preset.data.test) if source]
    made.lines.append(f"frame = {_reading_of(tables[0])}")
    if tables[0].raw.layout.engine == "pyarrow":
        made.lines.append(f"frame.columns = pd.read_csv({literal(str(tables[0].path))}, nrows=0).columns")
    frame = _with_target(problem, tables[0].raw.frame, "frame", made)
    if len(tables) > 1:
        made.lines.append(f"own_test = {_reading_of(tables[1])}")
        own_test = _with_target(problem, tables[1].raw.frame, "own_test", made)
        made.test_rows = len(own_test)
        made.lines.append('frame = pd.concat([frame, own_test], join="inner", ignore_index=True)')
        frame = pd.concat([frame, own_test], join="inner", ignore_index=True)
    return RawTable(frame, tables[0].raw.layout)


def _with_target(problem: Problem, frame: Any, variable: str, made: Loading) -> Any:
    """Add the line that leaves out rows without a target, where there are such; return the others."""
    data = problem.preset.data
    if data.missing_target is None or not isinstance(data.target, str):
        return frame
    name = named(data.target, [str(column) for column in frame.columns], "data.target", problem.preset.path)
    gone = absent(frame[name], data.missing, classes=problem.of_classes)
    if not gone.any():
        return frame
    column = f"{variable}[{literal(name)}]"
    words = sorted({str(value).strip() for value in frame[name][gone].dropna()})
    if frame[name].dtype.kind in "iuf":
        there = f"{column}.notna()" + (f" & ~{column}.isin({literal(list(map(float, words)))})" if words else "")
    else:
        there = f"texts({column}, {literal(words)}).notna()"
    made.lines.append(f"{variable} = {variable}[{there}].reset_index(drop=True)")
    return frame[~gone].reset_index(drop=True)


def _table(preset: Preset, source: str) -> _Table:
    kind, _, rest = source.partition(":")
    path = SHIPPED / "data" / rest if kind == "shipped" else preset.folder / Path(rest).expanduser()
    if kind in ("csv", "shipped"):
        return _Table(read_csv(path, "data.source", preset.path, preset.data), path, "csv")
    return _Table(read_other(kind, path, "data.source", preset.path, preset.data), path, kind)


def _reading_of(table: _Table) -> str:
    layout, usual = table.raw.layout, {"sep": ",", "encoding": "utf-8", "engine": "c"}
    options = layout.options() if table.kind == "csv" else table.raw.options
    parts: list[tuple[str, Node]] = [("", literal(str(table.path)))]
    parts += [(f"{name}=", literal(value)) for name, value in options.items() if usual.get(name) != value]
    return laid_out(Call(f"pd.read_{table.kind}(", parts, ")"), 0, 11)


def _add_columns(problem: Problem, raw: RawTable, target: str, made: Loading) -> None:
    preset, frame = problem.preset, raw.frame
    known = [str(name) for name in frame.columns]
    parts = role_columns(preset, known)
    groups: dict[str, list[str]] = {}
    for one in problem.readings:
        if expression := reading_code(one, frame[one.name]):
            groups.setdefault(expression, []).append(one.name)
    for expression, names in groups.items():
        if len(names) == 1:
            made.lines.append(
                f"frame[{literal(names[0])}] = {expression.replace('frame[name]', f'frame[{literal(names[0])}]')}"
            )
        else:
            made.lines.append(f"for name in {_list(names)}:\n    frame[name] = {expression}")
    said = Said(preset.path, {}, preset.data.missing, preset.data.decimal, raw.layout.separator)
    if said.decimal is None:
        said = replace(said, decimal=decimal_of(frame, said.columns, said.separator))
    made.lines += _target(problem, frame, target, said)
    for role, name in parts.items():
        made.lines.append(f"{role} = {_role(role, name, frame, said)}")
    made.roles = list(parts)
    chosen = [one.name for one in problem.readings]
    others = [name for name in known if name not in chosen]
    if chosen == [name for name in known if name not in others] and len(others) <= MANY:
        features = f"frame.drop(columns={literal(others)})"
    else:
        features = f"frame[{_list(chosen)}]"
    plain = isinstance(problem.split.train, np.ndarray) and not preset.model.prepare_before_split
    made.lines.append(f"X = np.ascontiguousarray({features}, dtype=float)" if plain else f"X = {features}")
    if any("texts(" in line for line in made.lines):
        made.functions.append(TEXTS)


def _list(names: Sequence[str]) -> str:
    return laid_out(Call("[", [("", literal(name)) for name in names], "]"), 0, 20)


def reading_code(one: Reading, raw: Any) -> str:
    """Return the expression that makes `frame[name]` what a run made of the column, "" where it is that already."""
    given = [token for token in one.missing if NUMBER.fullmatch(token)]
    if one.kind == "number" and not one.order and not one.text and raw.dtype.kind in "iuf":
        values = [float(token) for token in given]
        return f"frame[name].mask(frame[name].isin({literal(values)}))" if raw.isin(values).any() else ""
    if one.pair == ["False", "True"] and raw.dtype.kind == "b":
        return 'frame[name].astype("int8")'
    if isinstance(raw.dtype, pd.CategoricalDtype) and not one.text and one.kind == "category":
        return ""
    if one.kind == "date" and raw.dtype.kind == "M":
        return "frame[name].dt.tz_localize(None)"
    if one.form in EPOCHS and raw.dtype.kind in "iuf":
        return _moments(
            one, f"frame[name].mask(frame[name].isin({literal(list(map(float, given)))}))" if given else "frame[name]"
        )
    return _of_text(one, raw)


def _of_text(one: Reading, raw: Any) -> str:
    seen = {str(value).strip() for value in raw.dropna().unique()}
    missing = [token for token in one.missing if token in seen and token not in one.order]
    said = f"texts(frame[name], {literal(missing)})" if missing else "texts(frame[name])"
    if one.order:
        places = {word.strip(): float(place) for place, word in enumerate(one.order)}
        absent = f".fillna({places['']})" if "" in places else ""
        return f"{said}.map({literal(places)}).astype(float){absent}"
    if one.pair:
        return f"{said}.map({literal(dict(zip(one.pair, (0.0, 1.0), strict=True)))}).astype(float)"
    if one.kind == "category":
        return f'{said}.astype("category")'
    if one.kind == "text":
        return f'{said}.fillna("")'
    if one.form in EPOCHS:
        return _moments(one, f"{said}.astype(float)")
    if one.kind == "date":
        parsed = f"pd.to_datetime({said}, format={literal(one.form)}, utc=True)"
        return f'{parsed}.dt.tz_localize(None).astype("datetime64[s]")'
    if one.form == SPAN:
        named = "".join(f".str.replace({literal(old)}, {literal(new)}, regex=True)" for old, new in UNITS)
        return f"pd.to_timedelta({said}{named}).dt.total_seconds()"
    if one.form == ROUGH:
        if one.decimal == ",":
            said += f".str.translate(str.maketrans({literal(SWAPPED[0])}, {literal(SWAPPED[1])}))"
        said += f".str.translate(str.maketrans({literal(DIGITS[0])}, {literal(DIGITS[1])}))"
        said += "".join(f".str.replace({literal(old)}, {literal(new)}, regex=True)" for old, new in SUBSTITUTES)
        return f"{said}.astype(float)"
    if one.mark:
        said += f'.str.replace({literal(one.mark)}, "").str.strip()'
    if one.decimal and any(not set(text) <= _PLAIN for text in seen - set(missing)):
        said += f'.str.replace("[{GAPS}]", "", regex=True).str.replace("−", "-")'
        said += '.str.replace(r"^\\((.*)\\)$", r"-\\1", regex=True)'
    if one.decimal == ",":
        said += '.str.replace(".", "").str.replace(",", ".")'
    elif one.decimal:
        said += '.str.replace(",", "")'
    return f"{said}.astype(float)"


def _moments(one: Reading, numbers: str) -> str:
    unit, origin = EPOCHS[one.form]
    return f'pd.to_datetime({numbers}, unit="{unit}", origin="{origin}").dt.round("s").astype("datetime64[s]")'


def _target(problem: Problem, frame: Any, name: str, said: Said) -> list[str]:
    column, raw = f"frame[{literal(name)}]", frame[name]
    if not problem.of_classes:
        plain = raw.dtype.kind in "iufb"
        if plain:
            return [f"y = {column}.to_numpy(dtype=float)"]
        one = typed(frame[[name]], replace(said, columns={name: "number"})).readings[0]
        return [f"y = {reading_code(one, raw).replace('frame[name]', column)}.to_numpy(dtype=float)"]
    labels = f"texts({column}.astype(int))" if raw.dtype.kind == "f" else f"texts({column})"
    if raw.dtype.kind == "i" and list(problem.labels) == [str(code) for code in range(len(problem.labels))]:
        return [f"y = {column}.to_numpy()"]
    codes = literal({label: code for code, label in enumerate(problem.labels)})
    return [f"y = {labels}.astype(object).map({codes}).to_numpy(dtype=int)"]


def _role(role: str, name: str, frame: Any, said: Said) -> str:
    column = f"frame[{literal(name)}]"
    one = typed(frame[[name]], said).readings[0]
    if role == "groups" and one.kind != "number":
        return f"np.unique({column}.astype(str).str.strip().to_numpy(dtype=str), return_inverse=True)[1]"
    expression = reading_code(one, frame[name]).replace("frame[name]", column) or column
    if role == "groups":
        return f"np.unique({expression}.to_numpy(), return_inverse=True)[1]"
    return f"{expression}.to_numpy()" if one.kind == "date" else f"{expression}.to_numpy(dtype=float)"
