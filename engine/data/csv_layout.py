"""How a CSV file is laid out: its separator, the lines that are no rows, and the names of its columns.

A preset says it by keys of `[data]`, most of which can be seen from the first lines. What lies above the header, or
between rows, is never passed over unasked: the message says which key does so.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import PresetError
from ..text import clean
from .csv_drawn import check_ruled, in_other_quotes
from .csv_file import Place
from .numerals import NUMBER

if TYPE_CHECKING:
    from ..preset.data_spec import DataSpec

NAMED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "^": "carets", "~": "tildes", ":": "colons"} | {
    "\x01": "a sign of control, 0x01",
    "\x1f": "a sign of control, 0x1F",
}
_SEPARATORS = tuple(NAMED)
_BLANKS = "separator = '\\s+', as it seems"
REMARKS = "#%"
"""What lines that are no rows begin with, where nothing is said."""


@dataclass(frozen=True)
class Layout:
    """How a file is written, as far as pandas.read_csv has to be told."""

    separator: str = ","
    encoding: str = "utf-8"
    compression: str = ""
    skip: int | tuple[int, ...] = 0
    """How many lines at the beginning are passed over, or which lines, counted from 1."""
    comment: str = ""
    footer: int = 0
    """How many lines at the end are passed over."""
    names: tuple[str, ...] = ()
    """The columns' names, where no line of the file holds them."""
    padded: bool = False
    """Whether blanks follow the separators, in front of quotation marks."""
    quote: str = '"'
    """The sign around values that hold a separator."""
    engine: str = "c"
    """Which of pandas' readers reads it."""
    texts: tuple[str, ...] = ()
    """Columns that are no numbers as any program writes them, though their values look so."""

    @property
    def plain(self) -> bool:
        """Whether all lines of an uncompressed UTF-8 file are a header and rows, as pyarrow's reader wants it."""
        said = self.skip or self.comment or self.footer or self.names or self.padded or self.compression
        return not said and self.quote == '"' and self.encoding.startswith("utf-8") and len(self.separator) == 1

    def options(self, engine: str = "") -> dict[str, Any]:
        """Return what pandas.read_csv is told, beside the path: empty cells alone are missing."""
        engine = engine or self.engine
        options: dict[str, Any] = {"sep": self.separator, "keep_default_na": False, "na_values": [""]}
        if self.texts:
            options["dtype"] = dict.fromkeys(self.texts, "str")
        if engine == "pyarrow":
            return options | {"engine": engine}
        options |= self.lines() | {"index_col": False}  # which pyarrow does not take, and never has
        if self.quote != '"':
            options |= {"quotechar": self.quote}
        if self.padded:
            options |= {"skipinitialspace": True}
        if self.compression:
            options |= {"compression": self.compression}
        return (
            options | {"engine": engine, "encoding": self.encoding} | ({"low_memory": False} if engine == "c" else {})
        )

    def lines(self) -> dict[str, Any]:
        """Return which lines are rows, as pandas' readers of CSV and Excel files are told."""
        said: dict[str, Any] = {}
        if self.skip:
            said["skiprows"] = self.skip if isinstance(self.skip, int) else [line - 1 for line in self.skip]
        if self.comment:
            said["comment"] = self.comment
        if self.names:
            said |= {"header": None, "names": list(self.names)}
        return said | ({"skipfooter": self.footer} if self.footer else {})

    def skips(self, line: int) -> bool:
        """Tell whether a line, counted from 1, is passed over."""
        return line <= self.skip if isinstance(self.skip, int) else line in self.skip

    def rows(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield lines as they count: what is passed over as empty lines, so that numbers of lines stay."""
        for number, line in enumerate(lines, 1):
            if self.skips(number):
                yield "\n"
            elif self.comment and self.comment in line:
                yield line.partition(self.comment)[0].rstrip() + "\n"
            else:
                yield line

    def records(self, lines: Iterable[str]) -> Any:
        """Return the values of the lines that count, as the standard library's reader parts them."""
        return csv.reader(
            self.rows(lines), delimiter=self.separator, quotechar=self.quote, skipinitialspace=self.padded
        )


def said_of(spec: DataSpec) -> Layout:
    """Return the layout as far as a preset says it."""
    skip = spec.skip if isinstance(spec.skip, int) else tuple(spec.skip)
    names = tuple(spec.names or ())
    return Layout(skip=skip, comment=spec.comment or "", footer=spec.footer, names=names, quote=spec.quote or '"')


def layout_of(text: str, place: Place, spec: DataSpec, encoding: str, compression: str) -> Layout:
    """Return how a file is laid out, by what the preset says and its first lines; ask for what has to be said."""
    made = replace(said_of(spec), encoding=encoding, compression=compression)
    lines = io.StringIO(text, newline="").readlines()
    if not made.skip and not made.comment:
        check_ruled(lines, place)
        _check_above(lines, spec.separator, place)
    rows = [line for line in made.rows(lines) if line.strip()]
    counted = "".join(rows)
    separator = spec.separator or _separator(counted, made.quote)
    if spec.separator is None:
        _check_parted(rows, separator, place)
        _check_signs(rows, separator, place)
    if spec.quote is None and (one := in_other_quotes(counted, separator)) and _even(counted, separator, "'"):
        found = f"values such as {clean(one, 40)} hold what separates them"
        raise place.asked("data.quote", found, 'quote = "\'", if apostrophes are the signs around values')
    padded = len(separator) == 1 and separator.strip() != "" and re.search(rf'{re.escape(separator)} +"', counted)
    engine = "python" if made.footer or (len(separator) > 1 and separator != r"\s+") else "c"
    made = replace(made, separator=separator, padded=bool(padded), engine=engine, names=())
    if spec.header and not spec.names:
        return made
    columns = columns_of(text, made, place, header=False)
    names = tuple(spec.names or columns)
    if len(names) != len(columns):
        said = f"the first row holds {len(columns)} values"
        raise place.asked("data.names", f"found {len(names)} names, and {said}", f"{len(columns)} names")
    return replace(made, names=names)


# -- what stands above the header ------------------------------------------------------------------------------------


def _check_above(lines: Sequence[str], separator: str | None, place: Place) -> None:
    """Raise `PresetError` where lines stand above the header, with the key that passes them over."""
    if lines[0].lower().lstrip('\ufeff"').startswith("sep=") and len(lines) > 1:
        found = f"line 1 is {clean(repr(lines[0].strip()), 20)}, which is for Excel"
        raise place.asked("data.skip", found, "skip = 1, which passes that line over")
    remarks = 0
    while remarks < len(lines) - 1 and lines[remarks][:1] in REMARKS and lines[remarks][:1] == lines[0][:1]:
        remarks += 1
    header = remarks
    if remarks:
        first = _length(lines[remarks], separator)
        if first > 1 and _length(lines[remarks - 1], separator) == first:
            header -= 1  # the header itself begins so: #CHROM
        shown = clean(repr(lines[0].strip()), 40)
        if header == remarks:
            allowed = f'comment = "{lines[0][0]}", which passes over all that stands behind that sign'
            raise place.asked("data.comment", f"line 1 is {shown}", allowed)
    header = header or _above(lines, separator)
    if header:
        first = next((line for line in lines if line.strip()), "").strip()
        found = f"line 1 is {clean(repr(first), 40)}, and the table seems to begin in line {header + 1}"
        raise place.asked("data.skip", found, f"skip = {header}, which passes over what stands above")


def _length(line: str, separator: str | None) -> int:
    return max(len(line.split(one)) for one in (_SEPARATORS if separator is None else (separator,)))


def _above(lines: Sequence[str], separator: str | None) -> int:
    """Return how many lines have far fewer values than all that follow; 0 where rows begin at once."""
    if separator is not None and len(separator) > 1:
        return 0
    found = [_begins(lines, one) for one in (_SEPARATORS if separator is None else (separator,))]
    return max((values, line) for values, line in found)[1] if all(line for values, line in found if values) else 0


def _begins(lines: Sequence[str], separator: str) -> tuple[int, int]:
    """Return how many values rows have if that separates them, and in which line they begin; 0 where it does not."""
    records = _records("".join(lines[:60]), separator, blank=True)[: -1 if len(lines) > 3 else None]
    lengths = [len(record) for record in records]
    usual = max(set(lengths), key=lengths.count) if lengths else 0
    if usual < 2 or len(records) < 4:
        return 0, 0
    most = max(1, usual // 2)
    full = (at for at, one in enumerate(records) if len(one) == usual and _said(one) > most * (usual > 2))
    first = next(full, 0)
    below = [length for length in lengths[first:] if length]
    even = below.count(usual) > 0.9 * len(below) and all(_said(one) <= most for one in records[:first])
    return (usual, first) if even else (0, 0)


def _said(record: Sequence[str]) -> int:
    return sum(1 for value in record if value.strip())


# -- separators and names --------------------------------------------------------------------------------------------


def _separator(text: str, quote: str) -> str:
    """Return what most evenly parts the first lines; a comma where nothing does."""
    best, most = ",", 1
    for separator in _SEPARATORS:
        lengths = [len(row) for row in _records(text, separator, quote=quote)]
        # the last one may be cut off
        lengths = lengths[: -1 if len(lengths) > 2 else None][:50]
        if not lengths:
            continue
        even = lengths.count(lengths[0]) / len(lengths)
        if lengths[0] > 1 and (most == 1 or even > 0.9 > _evenness(text, best, quote)):
            best, most = separator, lengths[0]
    return best


def _even(text: str, separator: str, quote: str) -> bool:
    """Tell whether lines have as many values with that sign around them, and have not without."""
    return _evenness(text, separator, quote) == 1 > _evenness(text, separator, '"')


def _evenness(text: str, separator: str, quote: str) -> float:
    lengths = [len(row) for row in _records(text, separator, quote=quote)][:50]
    return lengths.count(lengths[0]) / len(lengths)


def _records(text: str, separator: str, *, blank: bool = False, quote: str = '"') -> list[list[str]]:
    lines = io.StringIO(text, newline="")
    return first_records(csv.reader(lines, delimiter=separator, quotechar=quote), blank=blank)


def first_records(reader: Iterable[list[str]], *, blank: bool = False) -> list[list[str]]:
    """Return the values of a file's first lines, those without any left out unless `blank`."""
    found: list[list[str]] = []
    try:
        for row in reader:
            if row or blank:
                found.append(row)
            if len(found) > 60:
                break
    except csv.Error:
        pass  # what is wrong in there, the reader itself tells with its line
    return found


def _check_parted(lines: Sequence[str], separator: str, place: Place) -> None:
    """Raise `PresetError` where blanks rather than the separator part the values of all lines."""
    records = _records("".join(lines), separator)
    numbers = separator == "\t" and all(map(_of_numbers, [record[0] for record in records]))
    if _parted_by_blanks(lines) and (numbers or all(len(record) == 1 for record in records)):
        shown = clean(repr(lines[0].strip()), 60)
        raise place.asked("data.separator", f"found {'numbers in ' * numbers}one column, {shown}", _BLANKS)


def _check_signs(lines: Sequence[str], separator: str, place: Place) -> None:
    """Raise `PresetError` where two signs in a row part values, or quotation marks stand around whole lines."""
    first = [line.strip() for line in lines[:20]]
    twice = separator * 2
    if all(twice in line and separator not in line.replace(twice, "") for line in first):
        raise place.asked("data.separator", f"found {twice} between values", f"separator = '{re.escape(twice)}'")
    around = [line[1:-1] for line in first if len(line) > 1 and line[0] == line[-1] == '"']
    if len(around) == len(first) > 1 and all(not re.search(r'(?<!")"(?!")', line) and "," in line for line in around):
        raise place.wrong("line 1", "found quotation marks around whole lines", "none, or around values")


def _of_numbers(text: str) -> bool:
    words = text.split()
    return len(words) > 1 and all(word == "?" or NUMBER.fullmatch(word) for word in words)


def numbered(text: str, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield the values of each line that counts, with the number of the last line that they stand in."""
    reader = layout.records(io.StringIO(text, newline=""))
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error:
        return


def columns_of(text: str, layout: Layout, place: Place, *, header: bool = True) -> list[str]:
    """Return the columns' names as pandas gives them, from a header or for a first row without one."""
    options: dict[str, Any] = {
        name: value for name, value in layout.options().items() if name not in ("skipfooter", "compression")
    }
    options |= {"nrows": 0} if header else {"nrows": 1, "header": None}
    try:
        read: Any = pd.read_csv(io.StringIO(text), **options)
    except (ValueError, csv.Error) as error:
        if OPEN in str(error):
            raise open_quotation(io.StringIO(text, newline=""), layout, place) from None
        raise place.wrong("line 1", f"malformed: {error}", "values with a header") from None
    return [str(name) for name in read.columns]


OPEN = "EOF inside string"
"""What pandas says of a file that ends within quotation marks."""

UNCLOSED = ("found a quotation mark that nothing closes", "quotation marks in pairs")


def open_quotation(lines: Iterable[str], layout: Layout, place: Place) -> PresetError:
    """Return the error about quotation marks that are open to the end, with the line of the row that opens them."""
    reader, begins, before = layout.records(lines), 1, 0
    for _ in reader:
        begins, before = before + 1, reader.line_num
    return place.wrong(f"line {begins}", *UNCLOSED)


WORD = re.compile(r'"[^"]*"|\S+')


def _parted_by_blanks(lines: Sequence[str]) -> bool:
    """Tell whether all of the first lines are as many words, two or more."""
    names, *lengths = [len(WORD.findall(line)) for line in lines[:50] if line.strip()][: -1 if len(lines) > 2 else 1]
    return len(set(lengths)) == 1 and lengths[0] > 1 and lengths[0] - names in (0, 1)
