"""Tables from CSV, Parquet, Feather and Excel files, as pandas reads them.

What comes back is raw: a column is numbers where every value that is there is one, else text as it was written; empty
cells alone are missing. What text means (`n/a`, `1,5`, a date) is `kinds`' to say. Separator and the marks at a file's
beginning are recognised; whatever else about a file cannot be known is asked for.
"""

from __future__ import annotations

import codecs
import csv
import datetime
import importlib.util
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import PresetError
from ..files import only_plain
from ..text import clean
from .surprises import in_lines

if TYPE_CHECKING:
    from .preset import DataSpec

_HEAD = 1 << 16
"""Bytes at a file's beginning that its separator is recognised by."""

_LONGEST_HEAD = 1 << 26

_LARGE = 4_000_000
"""Bytes from which on a file is worth pyarrow's threads."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHERS = {
    b"PK\x03\x04": "an archive, such as an Excel file is (excel:PATH)",
    b"\xd0\xcf\x11\xe0": "an old Excel file (excel:PATH)",
    b"\x1f\x8b": "a file that gzip has compressed",
    b"BZh": "a file that bzip2 has compressed",
    b"\xfd7zXZ": "a file that xz has compressed",
    b"\x28\xb5\x2f\xfd": "a file that zstd has compressed",
    b"PAR1": "a Parquet file (parquet:PATH)",
    b"ARROW1": "a Feather file (feather:PATH)",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "a SQLite database",
}
"""What files of other kinds begin with."""

_TEXT = "a table as text, whose values are separated by commas or the like"

_BLANKS = "separator = '\\s+', as it seems"
_NAMED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "^": "carets", "~": "tildes", ":": "colons"}
_SEPARATORS = tuple(_NAMED)


@dataclass(frozen=True)
class RawTable:
    """A file's columns, and how it was found to be written where that is worth a line."""

    frame: pd.DataFrame
    separator: str = ","
    notes: tuple[str, ...] = ()
    encoding: str = "utf-8"
    engine: str = "c"
    """Which of pandas' readers read it."""


@dataclass(frozen=True)
class _Place:
    """A file, and who named it."""

    path: Path
    key: str
    preset: str

    def wrong(self, where: str, found: str, allowed: str = "", hint: str = "") -> PresetError:
        """Return the error about the file's contents."""
        named = f"Named by {self.preset}: {self.key}" if self.preset != str(self.path) else ""
        return PresetError(str(self.path), where, found, allowed, hint or named)

    def asked(self, key: str, found: str, allowed: str) -> PresetError:
        """Return the error about something that the preset has to say of the file."""
        name = f"{self.path.name}: " if self.preset != str(self.path) else ""
        return PresetError(self.preset, key, f"{name}{found}", allowed)


_NO_ROWS = ("found a header and no rows", "at least one row")


def read_csv(path: Path, key: str, file: str, spec: DataSpec) -> RawTable:
    """Return the columns of a CSV file; raise `PresetError` with file and line, or with the key to write."""
    place = _Place(path, key, file)
    try:
        with open(path, "rb", opener=only_plain) as stream:
            head = stream.read(_HEAD)
            while len(head) < _LONGEST_HEAD and head.count(b"\n") < 3 and (more := stream.read(len(head))):
                head += more  # very many columns
    except OSError as error:
        raise PresetError(file, key, f"{path} cannot be read: {error.strerror}", "a CSV file's path") from None
    if not head.strip():
        raise place.wrong("", "found an empty file", "a header line and rows")
    if other := next((what for mark, what in _OTHERS.items() if head.startswith(mark)), ""):
        raise place.wrong("", f"found {other}", _TEXT)
    encoding = spec.encoding or _encoding(head, place)
    text = _decoded(head, encoding, place)
    separator = spec.separator or _separator(text)
    if '"' not in text and len(text.splitlines()) == 1 and path.stat().st_size == len(head):
        # pandas takes seconds to make nothing of very many columns
        raise place.wrong("", *_NO_ROWS)
    names = _header(text, separator, place)
    if len(names) == 1 and spec.separator is None and _parted_by_blanks(text):
        raise place.asked("data.separator", f"found one column, {clean(names[0], 60)!r}", _BLANKS)
    engine = _engine_of(place, encoding, separator)
    frame = _read(place, encoding, separator, engine)
    if len(frame.columns) != len(names) or not len(frame):
        raise place.wrong("", *_NO_ROWS)
    frame.columns = pd.Index(names)
    if frame.iloc[:, -1].isna().any():
        _check_lengths(place, encoding, separator)  # pandas fills short rows up
    records = _records(text, separator) if len(separator) == 1 else []
    notes = in_lines(records, frame, path.name)
    if separator != "," and spec.separator is None:
        notes.append(f"{path.name} is read as separated by {_NAMED[separator]}: data.separator")
    if encoding.startswith(("utf-16", "utf-32")) and spec.encoding is None:
        notes.append(f"{path.name} is read as {encoding.upper()}: data.encoding")
    return RawTable(frame, separator, tuple(notes), encoding, engine)


def _encoding(head: bytes, place: _Place) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        guess = "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
        if not _is_text(head, guess):
            raise place.wrong("", "found bytes that are no text", _TEXT)
        if head.count(b"\0") < 0.2 * len(head):
            line = head[: head.index(b"\0")].count(b"\n") + 1
            raise place.wrong(f"line {line}", "found a NUL byte", _TEXT)
        raise place.asked("data.encoding", "is not UTF-8 but holds NUL bytes", f'encoding = "{guess}", perhaps')
    return "utf-8"


def _is_text(head: bytes, encoding: str) -> bool:
    """Tell whether bytes are lines of an encoding, without the signs that no line holds."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head, final=False)
    except UnicodeDecodeError:
        return False
    return not any(sign < " " and sign not in "\t\n\f\r" for sign in text)


def _decoded(head: bytes, encoding: str, place: _Place) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head, final=False)
    except LookupError:
        raise place.asked("data.encoding", f"there is no encoding {encoding!r}", "utf-8, utf-16, cp1252, …") from None
    except UnicodeDecodeError:
        raise _not(encoding, place) from None


def _not(encoding: str, place: _Place) -> PresetError:
    """Return the error about the first bytes of a file that are no text in that encoding."""
    name = "UTF-8" if encoding.startswith("utf-8") else encoding
    content = place.path.read_bytes()
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return place.asked(
            "data.encoding", f"byte {error.start} is not {name}", _perhaps(content, error.start, encoding)
        )
    return place.asked("data.encoding", f"is not {name}", "another encoding")


def _perhaps(content: bytes, at: int, encoding: str) -> str:
    """Return which encoding may be meant, with what it makes of the line."""
    line = content[:at].rpartition(b"\n")[2] + content[at:].partition(b"\n")[0]
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return 'another encoding, such as "cp1251", "shift_jis" or "gb18030"'
    if encoding == "cp1252":
        return "another encoding"
    return f'encoding = "cp1252", which reads "{clean(line.decode("cp1252"), 60)}", or another'


def _separator(text: str) -> str:
    """Return what most evenly parts the first lines; a comma where nothing does."""
    best, most = ",", 1
    for separator in _SEPARATORS:
        lengths = [len(row) for row in _records(text, separator)]
        # the last one may be cut off
        lengths = lengths[: -1 if len(lengths) > 2 else None][:50]
        if not lengths:
            continue
        even = lengths.count(lengths[0]) / len(lengths)
        if lengths[0] > 1 and (most == 1 or even > 0.9 > _evenness(text, best)):
            best, most = separator, lengths[0]
    return best


def _evenness(text: str, separator: str) -> float:
    lengths = [len(row) for row in _records(text, separator)][:50]
    return lengths.count(lengths[0]) / len(lengths)


def _records(text: str, separator: str) -> list[list[str]]:
    found: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if row:
                found.append(row)
            if len(found) > 60:
                break
    except csv.Error:
        pass  # what is wrong in there, the reader itself tells with its line
    return found


def _header(text: str, separator: str, place: _Place) -> list[str]:
    """Return the columns' names as pandas gives them: `a` and `a.1` where two are alike, `Unnamed: 0` for none."""
    records = _records(text, separator) if len(separator) == 1 else []
    if records and records[0][0].lower().startswith("sep="):
        raise place.wrong("line 1", f"found {clean(repr(text.splitlines()[0]), 20)}", "a header: that line has to go")
    if len(records) > 1 and len(records[1]) > len(records[0]):
        found = f"found {len(records[1])} values"
        alone = "; lines in front of the header have to go" if len(records[0]) == 1 else ""
        if all(len(row) == len(records[0]) + 1 and not row[-1].strip() for row in records[1:-1]):
            alone = f"; what ends each line, {separator!r}, has to go, or the header ends in it as well"
        raise place.wrong("line 2", found, f"{len(records[0])}, as in the header{alone}")
    try:
        header = pd.read_csv(io.StringIO(text), sep=separator, nrows=0, index_col=False, engine=_engine(separator))
    except (ValueError, csv.Error) as error:
        raise place.wrong("line 1", f"malformed: {error}", "values with a header") from None
    return [str(name) for name in header.columns]


def _parted_by_blanks(text: str) -> bool:
    """Tell whether all of the first lines are as many words, two or more."""
    lengths = {len(line.split()) for line in text.splitlines()[:50][:-1] if line.strip()}
    return len(lengths) == 1 and lengths.pop() > 1 and text.count("\n") > 2


def _engine(separator: str) -> Any:
    return "c" if len(separator) == 1 else "python"


def _engine_of(place: _Place, encoding: str, separator: str) -> str:
    fast = encoding.startswith("utf-8") and len(separator) == 1 and place.path.stat().st_size > _LARGE
    return "pyarrow" if fast and importlib.util.find_spec("pyarrow") else _engine(separator)


def read_options(separator: str, encoding: str, engine: str) -> dict[str, Any]:
    """Return what pandas.read_csv is told, beside the path: empty cells alone are missing."""
    options: dict[str, Any] = {"sep": separator, "keep_default_na": False, "na_values": [""]}
    if engine == "pyarrow":
        return options | {"engine": engine}
    options |= {"index_col": False}  # which pyarrow does not take, and never has
    return options | {"engine": engine, "encoding": encoding} | ({"low_memory": False} if engine == "c" else {})


def _read(place: _Place, encoding: str, separator: str, engine: str) -> pd.DataFrame:
    """Return the frame, its columns in order; their names are not to be relied on."""
    options = read_options(separator, encoding, engine)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = pd.read_csv(place.path, **options)
            return _with_times_as_written(frame, place, encoding, separator) if engine == "pyarrow" else frame
    except UnicodeDecodeError:
        raise _not(encoding, place) from None
    except pd.errors.EmptyDataError:
        raise place.wrong("", "found an empty file", "a header line and rows") from None
    except (ValueError, csv.Error) as error:
        _check_lengths(place, encoding, separator)
        raise place.wrong("", f"malformed: {error}", "values under a header, a line a row") from None


def _with_times_as_written(frame: pd.DataFrame, place: _Place, encoding: str, separator: str) -> pd.DataFrame:
    """Return the frame with times of day as text, which pyarrow alone takes for something else."""
    times = [at for at in range(frame.shape[1]) if isinstance(_first(frame.iloc[:, at]), datetime.time)]
    if not times:
        return frame
    text: Any = pd.read_csv(place.path, **read_options(separator, encoding, "c"), usecols=times, dtype="str")
    columns = {at: text.iloc[:, place] for place, at in enumerate(times)}
    return pd.concat([columns.get(at, frame.iloc[:, at]) for at in range(frame.shape[1])], axis=1)


def _first(column: pd.Series) -> Any:
    if column.dtype.kind != "O" or (at := column.first_valid_index()) is None:
        return None
    return column[at]


def _check_lengths(place: _Place, encoding: str, separator: str) -> None:
    """Raise `PresetError` for the first row that has more or fewer values than the header."""
    if len(separator) > 1:
        return
    expected = 0
    try:
        with open(place.path, encoding=encoding, newline="") as stream:
            reader = csv.reader(stream, delimiter=separator)
            for row in reader:
                expected = expected or len(row)
                if row and len(row) != expected:
                    raise place.wrong(
                        f"line {reader.line_num}", f"found {len(row)} values", f"{expected}, as in the header"
                    )
    except csv.Error as error:
        raise place.wrong("", f"malformed: {error}", "values under a header, a line a row") from None
    except UnicodeDecodeError:
        raise _not(encoding, place) from None


def read_other(kind: str, path: Path, key: str, file: str) -> RawTable:
    """Return the columns of a Parquet, Feather or Excel file; say what to install where pandas needs it."""
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        "parquet": pd.read_parquet,
        "feather": pd.read_feather,
        "excel": pd.read_excel,
    }
    extra = "excel" if kind == "excel" else "parquet"
    try:
        with open(path, "rb", opener=only_plain):
            pass
        frame = readers[kind](path)
    except ImportError:
        needs = "openpyxl" if kind == "excel" else "pyarrow"
        said = f"reading {kind} files needs {needs}, which is not installed"
        raise PresetError(file, key, said, hint=f"pip install 'tunetop[{extra}]'") from None
    except OSError as error:
        raise PresetError(
            file, key, f"{path} cannot be read: {error.strerror or error}", f"a {kind} file's path"
        ) from None
    except Exception as error:  # noqa: BLE001 - whatever a reader of somebody else's says of a broken file
        raise PresetError(file, key, f"{path} cannot be read: {error}", f"a {kind} file's path") from None
    frame = frame.reset_index(drop=True)
    frame.columns = pd.Index(distinct([str(name) for name in frame.columns]))
    if not len(frame) or not len(frame.columns):
        raise PresetError(str(path), "", "found no rows", "at least one row")
    return RawTable(frame)


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
