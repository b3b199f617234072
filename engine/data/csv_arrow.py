"""Large plain CSV files by pyarrow's threads, straight from the path: pandas' own way to it takes twice the time.

Columns have the types that pandas gives them with that engine, but for days and times of day: these stay text as
written, which pandas would make an object each. So do codes such as 0x1F, which pyarrow alone takes for numbers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

_AT_ONCE = 1 << 18
"""Bytes that fit the processor's cache."""


def read_arrow(path: Path, separator: str) -> pd.DataFrame:
    """Return the columns below a header, by number; raise `ValueError` where lines are of different lengths."""
    import pyarrow as pa

    try:
        table = _read(path, separator)
    except pa.ArrowInvalid:
        table = _read(path, separator, newlines=True)  # which parts the file in one thread
    for at, kind in enumerate(table.schema.types):
        if pa.types.is_date32(kind):
            table = table.set_column(at, str(at), table[at].cast(pa.large_string()))
        elif pa.types.is_null(kind):
            table = table.set_column(at, str(at), table[at].cast(pa.float64()))
    kinds = table.schema.types
    as_written = [at for at, kind in enumerate(kinds) if pa.types.is_time(kind)]
    whole = [at for at, kind in enumerate(kinds) if pa.types.is_integer(kind)]
    codes = whole if whole and _has_hexadecimal(path) else []
    if as_written or codes:
        written = _read(path, separator, newlines=True, only=[*as_written, *codes])
        for place, at in enumerate([*as_written, *codes]):
            if at in as_written or _any_hexadecimal(written[place]):
                table = table.set_column(at, str(at), written[place])
    return table.to_pandas(split_blocks=True, self_destruct=True, memory_pool=pa.system_memory_pool())


def _has_hexadecimal(path: Path) -> bool:
    """Tell whether a file may have a value such as 0x1F: most have no x below the header, which costs next to nothing.

    The regular expression takes eight times as long as the search for one byte.
    """
    content, before = bytearray(_AT_ONCE), b""
    with open(path, "rb", buffering=0) as file:
        while size := file.readinto(content):
            for x in (b"x", b"X"):
                if content.find(x, 0, size) >= 0 and re.search(b"0" + x, before + content[:size]):
                    return True
            before = content[size - 1 : size]
    return False


def _any_hexadecimal(texts: Any) -> bool:
    return bool(texts.to_pandas().str.match(r"\s*[+-]?0[xX]", na=False).any())


def _read(path: Path, separator: str, *, newlines: bool = False, only: list[int] | None = None) -> Any:
    """Return the file as a table; of columns that are asked for the text.

    Its memory is the system's: pyarrow's own is of huge pages, which a virtual machine clears longer than this reads.
    """
    import pyarrow as pa
    from pyarrow import csv

    names = [f"f{at}" for at in only or ()]
    return csv.read_csv(
        path,
        csv.ReadOptions(autogenerate_column_names=True, skip_rows_after_names=1),
        csv.ParseOptions(delimiter=separator, newlines_in_values=newlines),
        csv.ConvertOptions(
            null_values=[""],
            strings_can_be_null=True,
            include_columns=names,
            column_types=dict.fromkeys(names, pa.large_string()),
        ),
        pa.system_memory_pool(),
    )
