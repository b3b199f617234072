"""Tables from Parquet, Feather, Excel and JSON files, as pandas reads them: what has a type in there keeps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import PresetError, choose
from ..files import only_plain
from ..text import clean, listed
from .csv_file import is_text, other_kind
from .csv_layout import Layout, said_of
from .csv_table import RawTable
from .json_file import json_options, read_json
from .surprises import on_likely, with_totals

if TYPE_CHECKING:
    from ..preset.data_spec import DataSpec

KINDS = ("parquet", "feather", "excel", "json")

_FURTHER = ("xlrd", "odfpy", "pyxlsb")
"""What pandas needs for Excel files of other kinds than .xlsx."""


def read_other(kind: str, path: Path, key: str, file: str, spec: DataSpec) -> RawTable:
    """Return the columns of a Parquet, Feather, Excel or JSON file; say what to install where pandas needs it."""
    readers: dict[str, Callable[..., Any]] = {"parquet": pd.read_parquet, "feather": pd.read_feather, "json": read_json}
    layout, options, notes = Layout(), {}, []
    try:
        with open(path, "rb", opener=only_plain):
            pass
        if kind == "excel":
            layout = said_of(spec)
            frame, options, notes = _sheet(path, layout, spec, file)
        else:
            frame = readers[kind](path)
            options = json_options(path) if kind == "json" else {}
    except ImportError as error:
        raise _not_installed(kind, file, key, error) from None
    except OSError as error:
        raise PresetError(
            file, key, f"{path} cannot be read: {error.strerror or error}", f"the path of a file of kind {kind}"
        ) from None
    except PresetError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a reader of somebody else's says of a broken file
        raise _of_another_kind(kind, path, key, file, error) from None
    if index := [str(name) for name in frame.index.names if name is not None]:
        left = f"its index {listed(index, 4, 30)} is left out; saved with reset_index() it is a column"
        notes.append(f"{clean(path.name, 60)}: {left}")
    frame = frame.reset_index(drop=True)
    frame.columns = pd.Index(distinct([str(name) for name in frame.columns]))
    if not len(frame) or not len(frame.columns):
        raise _no_rows(kind, path, file, spec)
    likely: dict[str, tuple[Any, str]] = {}
    if kind == "excel":
        if not spec.skip and not spec.names:
            _check_title(frame, path, file)
        if not spec.footer and (why := with_totals(frame)):
            likely["footer"] = (1, why)
            notes += on_likely(path.name, likely)
    return RawTable(frame, layout, tuple(notes), likely, options=options)


def _not_installed(kind: str, file: str, key: str, error: ImportError) -> PresetError:
    """Return the error about a package that a kind of file needs."""
    needs, extra = ("openpyxl", "tunetop[excel]") if kind == "excel" else ("pyarrow", "tunetop[parquet]")
    needs = next((other for other in _FURTHER if other in str(error)), needs)
    said = f"reading {kind} files needs {needs}, which is not installed"
    return PresetError(file, key, said, hint=f"pip install {needs if needs in _FURTHER else repr(extra)}")


def _of_another_kind(kind: str, path: Path, key: str, file: str, error: Exception) -> PresetError:
    """Return the error about a file that its reader refuses: mostly something else under the name of its kind."""
    with open(path, "rb") as stream:
        content = stream.read(1 << 16)
    if kind != "json" and (what := other_kind(content)):
        found = f"{path} is no file of kind {kind}, but {what}"
        return PresetError(file, key, found, f"a file of kind {kind}, or a table as text (csv:{path.name})")
    if kind != "json" and content.strip() and is_text(content, "utf-8"):
        return PresetError(file, key, f"{path} is no file of kind {kind}, but text", f'source = "csv:{path.name}"')
    return PresetError(file, key, f"{path} cannot be read: {error}", f"a file of kind {kind}")


def _no_rows(kind: str, path: Path, file: str, spec: DataSpec) -> PresetError:
    """Return the error about a table without rows, with the sheet that may have some."""
    known = _sheets(path) if kind == "excel" else []
    others = [name for place, name in enumerate(known) if spec.sheet not in (name, place) and (spec.sheet or place)]
    if not others:
        return PresetError(str(path), "", "found no rows", "at least one row")
    found = f"{path.name}: the sheet {clean(repr(spec.sheet or known[0]), 40)} holds no rows"
    return PresetError(file, "data.sheet", found, f'sheet = "{clean(others[0], 60)}", or another: {listed(others, 5)}')


def _sheet(path: Path, layout: Layout, spec: DataSpec, file: str) -> tuple[Any, dict[str, Any], list[str]]:
    """Return the sheet of an Excel file that a preset names, else the first, how pandas is told it, and what to say."""
    options: dict[str, Any] = layout.lines() | ({} if spec.sheet is None else {"sheet_name": spec.sheet})
    try:
        frame = pd.read_excel(path, **options)
    except (ValueError, IndexError) as error:
        if spec.sheet is None or ("Worksheet" not in str(error) and not isinstance(error, IndexError)):
            raise
        known = _sheets(path)
        found, hint = f"{path.name} has no sheet {spec.sheet!r}", choose(str(spec.sheet), known)
        raise PresetError(file, "data.sheet", found, ", ".join(known), hint) from None
    known = [] if spec.sheet is not None else _sheets(path)
    if len(known) < 2:
        return frame, options, []
    read = f"{clean(repr(known[0]), 40)}, the first of {len(known)} sheets, is read"
    return frame, options, [f'{clean(path.name, 60)}: {read}; data.sheet = "{clean(known[1], 40)}" takes another']


def _sheets(path: Path) -> list[str]:
    with pd.ExcelFile(path) as book:
        return [str(name) for name in book.sheet_names]


def _check_title(frame: Any, path: Path, file: str) -> None:
    """Raise `PresetError` where the first row of a sheet names hardly a column, and a later one all of them."""
    unnamed = sum(str(name).startswith("Unnamed: ") for name in frame.columns)
    there = frame.iloc[:20].notna()
    counts = there.sum(axis=1).to_numpy()
    if unnamed > 0.5 * len(frame.columns) and counts.max() > len(frame.columns) - unnamed:
        names = frame.iloc[:20].map(lambda value: isinstance(value, str)).sum(axis=1).to_numpy() == counts
        full = np.flatnonzero(names & (counts >= counts.max() - 1))  # rows' own names have none
        skip = int(full[0] if len(full) else counts.argmax()) + 1
        found = f"{path.name}: the first row names {len(frame.columns) - unnamed} of {len(frame.columns)} columns"
        raise PresetError(file, "data.skip", found, f"skip = {skip}, which passes over what stands above the header")


def distinct(names: list[str]) -> list[str]:
    """Return names that are all different, as pandas makes them: a second `a` is `a.1`."""
    seen: dict[str, int] = {}
    found: list[str] = []
    for name in names:
        new = name
        while new in seen:
            new = f"{name}.{seen[name]}"
            seen[name] += 1
        seen[new] = 1
        found.append(new)
    return found
