"""A table's file as bytes: what kind of file it is, what compressed it, and which encoding its text has."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import re
import shlex
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import PresetError
from ..files import only_plain
from ..text import clean, listed
from .encodings import likely_encodings

_HEAD = 1 << 16
"""Bytes at a file's beginning that its separator is recognised by."""

_LONGEST_HEAD = 1 << 26

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip"}
"""What files begin with that pandas can read as they are, and its name for how they are compressed."""

DAMAGED = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile)
"""What reading a compressed file ends with that is none, or is cut off."""

_OTHERS = {
    rb"\xd0\xcf\x11\xe0": "an old Excel file (excel:PATH)",
    rb"\x28\xb5\x2f\xfd": "a file that zstd has compressed",
    rb"PAR1[\x00-\x1f]": "a Parquet file (parquet:PATH)",
    rb"ARROW1": "a Feather file (feather:PATH)",
    rb"%PDF": "a PDF document",
    rb"SQLite format 3": "a SQLite database",
    rb"\s*(?i:<!DOCTYPE|<html|<\?xml|<table)": "a web page or XML",
    rb"\s*(\[\s*\{|\{\s*\"|\[\s*\[)": "JSON (json:PATH)",
    rb"(\s*%[^\n]*\n|\s)*(?i:@relation)\b": "an ARFF file",
    rb"(?s).{257}ustar": "a tar archive, which has to be unpacked",
    rb"\x89HDF": "an HDF5 file",
    rb"\x93NUMPY": 'an array of numpy (source = "python:…" can load it)',
    rb"\x80[\x02-\x05]": 'a pickled object (source = "python:…" can load it)',
    rb"<stata_dta>|[\x6c-\x77][\x01\x02]\x01\0": "a Stata file",
    rb"\$FL[23]@": "an SPSS file",
    rb"HEADER RECORD\*{7}|\0{12}\xc2\xea\x81\x60": "a SAS file",
    rb"(X|A|RDX\d|RDA\d)\n[\0\d]": "an R file",
    rb"\x89PNG|\xff\xd8\xff|GIF8": "a picture",
    rb"version https://git-lfs": "where Git LFS keeps a file (git lfs pull brings it)",
    rb"\s*(%[^\n]*\n\s*)*\\(begin|documentclass|hline|toprule)\b": "LaTeX",
    rb"(\s*(--|/\*)[^\n]*\n)*\s*(?i:INSERT INTO|CREATE TABLE|DROP TABLE)": "SQL (its table, as CSV, can be read)",
    rb"(---\s*\n)?- \w+: [^\n]*\n  \w+: |---\s*\n": "YAML",
    rb"[+-]?[\d.]+( \d+:[^\s:,;]+)+ *\r?\n": 'lines of libsvm (source = "python:…" can load them)',
}
"""What files of other kinds begin with."""

TEXT = "a table as text, whose values are separated by commas or the like"


@dataclass(frozen=True)
class Place:
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


@dataclass(frozen=True)
class Head:
    """A file's first bytes, whether they are all there are, and what compressed them, as pandas calls it."""

    content: bytes
    whole: bool
    compression: str


def head_of(place: Place) -> Head:
    """Return the beginning of a table's file; raise `PresetError` where it is none."""
    try:
        with open(place.path, "rb", opener=only_plain) as stream:
            first = stream.read(8)
        compression = next((name for mark, name in _COMPRESSED.items() if first.startswith(mark)), "")
        with opened(place, compression) as stream:
            content = stream.read(_HEAD)
            while len(content) < _LONGEST_HEAD and content.count(b"\n") < 3 and (more := stream.read(len(content))):
                content += more  # very many columns
            whole = not stream.read(1)
    except OSError as error:
        found = f"{place.path} cannot be read: {error.strerror or error}"
        raise PresetError(place.preset, place.key, found, "a CSV file's path") from None
    if not content.strip():
        raise place.wrong("", "found an empty file", "a header line and rows")
    if other := other_kind(content):
        raise place.wrong("", f"found {other}", TEXT)
    return Head(content, whole, compression)


def other_kind(content: bytes) -> str:
    """Return what a file is, by its beginning, that is no table as text; else ""."""
    return next((what for mark, what in _OTHERS.items() if re.match(mark, content)), "")


@contextmanager
def opened(place: Place, compression: str) -> Iterator[Any]:
    """Open a file's bytes, decompressed; raise `PresetError` where they are damaged or an archive of several files."""
    try:
        if compression == "zip":
            with zipfile.ZipFile(place.path) as archive, archive.open(_only_one(archive, place)) as stream:
                yield stream
            return
        openers: dict[str, Any] = {"gzip": gzip.open, "bz2": bz2.open, "xz": lzma.open}
        with openers.get(compression, open)(place.path, "rb") as stream:
            yield stream
    except DAMAGED as error:
        raise damaged(error, place, compression) from None


def damaged(error: BaseException, place: Place, compression: str) -> PresetError:
    """Return the error about a compressed file that cannot be read to its end."""
    return place.wrong("", f"found a damaged {compression} file: {clean(error, 80)}", TEXT)


def _only_one(archive: zipfile.ZipFile, place: Place) -> str:
    names = archive.namelist()
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise place.wrong("", "found an archive, such as an Excel file is (excel:PATH)", TEXT)
    if len(names) != 1:
        files = [name for name in names if not name.startswith("__MACOSX") and not name.endswith("/")]
        tables = [name for name in files if _TABLE.search(name)] or files
        if not tables:
            raise place.wrong("", f"found an archive of {len(names)} entries, none of which is a file", TEXT)
        shown = f"{len(names)} entries, {len(tables)} of them tables" if tables != files else f"{len(names)} entries"
        one = tables[0]
        file = PurePosixPath(one).name
        taken = f"{shlex.join(['unzip', '-p', place.path.name, one])} > {shlex.quote(file)}"
        allowed = f'one of them, unpacked: {clean(taken, 200)}, and "csv:{clean(file, 60)}"'
        raise place.wrong("", f"found an archive of {shown}: {listed(tables, 10)}", allowed)
    if archive.infolist()[0].flag_bits & 1:
        raise place.wrong("", "found an archive that asks for a password", f"{clean(names[0], 60)}, unpacked")
    return names[0]


_TABLE = re.compile(r"\.(csv|tsv|tab|txt|dat|data|test|all-data)(\.(gz|bz2|xz))?$", re.IGNORECASE)
"""Names of files that mostly are tables as text."""


def encoding_of(head: bytes, place: Place) -> str:
    """Return the encoding that a file's mark tells, or UTF-8; raise `PresetError` where NUL bytes speak against it."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        if is_text(head.replace(b"\0", b""), "utf-8") and head.count(b"\0") < 0.4 * len(head):
            line = head[: head.index(b"\0")].count(b"\n") + 1
            raise place.wrong(f"line {line}", "found a NUL byte", TEXT)
        guess = "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
        if not is_text(head, guess):
            raise place.wrong("", "found bytes that are no text", TEXT)
        raise place.asked("data.encoding", "is not UTF-8 but holds NUL bytes", f'encoding = "{guess}", perhaps')
    return "utf-8"


def is_text(head: bytes, encoding: str) -> bool:
    """Tell whether bytes are lines of an encoding, without the signs that no line holds."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head, final=False)
    except UnicodeDecodeError:
        return False
    return not any(sign < " " and sign not in "\t\n\f\r" for sign in text)


def decoded(head: Head, encoding: str, place: Place) -> str:
    """Return the beginning of a file as text."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head.content, final=False)
    except LookupError:
        raise place.asked("data.encoding", f"there is no encoding {encoding!r}", "utf-8, utf-16, cp1252, …") from None
    except UnicodeDecodeError:
        raise not_text(encoding, place, head.compression) from None


_ANY = 'another encoding, such as "cp1251", "shift_jis" or "gb18030"'


def not_text(encoding: str, place: Place, compression: str) -> PresetError:
    """Return the error about the first bytes of a file that are no text in that encoding."""
    name = "UTF-8" if encoding.startswith("utf-8") else encoding
    with opened(place, compression) as stream:
        content = stream.read()
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        at = error.start
    else:
        return place.asked("data.encoding", f"is not {name}", "another encoding")
    line = content[:at].rpartition(b"\n")[2] + content[at:].partition(b"\n")[0]
    if name == "UTF-8" and (broken := _broken(content)):
        number = content.count(b"\n", 0, at) + 1
        found = f"byte {at}, in line {number}, is not UTF-8, as all but {broken} of its letters are"
        return place.asked("data.encoding", found, f'that line mended: "{clean(line.decode("utf-8", "replace"), 60)}"')
    guesses = likely_encodings(content, encoding)[:2]
    readings = [f'"{guess}", which reads "{clean(line.decode(guess, "replace"), 60)}"' for guess in guesses]
    allowed = f"encoding = {', or '.join(readings)}, or another" if readings else _ANY
    return place.asked("data.encoding", f"byte {at} is not {name}", allowed)


def _broken(content: bytes) -> int:
    """Return how many letters are no UTF-8 where nearly all others beyond ASCII are; else 0."""
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return broken if sum(sign > "\x7f" for sign in text) > 10 * broken else 0
