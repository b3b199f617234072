"""Files with more in them than a header and rows: read as pandas reads them when told how, and told by one message."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import shlex
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from running import preset_of
from tunetop.engine.data.csv_table import read_csv
from tunetop.engine.data.kinds import Said, typed
from tunetop.engine.data.other_tables import read_other
from tunetop.engine.errors import PresetError
from tunetop.engine.export.script_data import _reading_of, _table
from tunetop.engine.preset.data_spec import DataSpec
from tunetop.engine.preset.preset import parse
from tunetop.engine.problem.first_preset import first_preset, named_after
from tunetop.engine.problem.problem import load_problem

RNG = np.random.default_rng(0)
A = RNG.normal(size=40).round(3)
FRAME = pd.DataFrame({"a": A, "b": RNG.integers(9, size=40), "s": RNG.choice(["u", "v w"], 40)}).assign(
    y=np.where(A > 0, "yes", "no")
)
CSV = FRAME.to_csv(index=False)
ROWS = CSV.partition("\n")[2]
BLANKS = "".join(f'{a:.1f}   {b}  9.\t"{y} {s}"\n' for a, b, s, y in FRAME.itertuples(index=False))

LAYOUTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a report's title": (f"Sales\nof 2024, in kg\n\n{CSV}", "skip = 3", {"skiprows": 3}),
    "a title with its separators": (f"Sales,,,\n,,,\n{CSV}", "skip = 2", {"skiprows": 2}),
    "a title above semicolons": (
        f"Sales, and more\n{CSV.replace(',', ';')}",
        "skip = 1",
        {"skiprows": 1, "sep": ";"},
    ),
    "Excel's first line": (f"sep=;\n{CSV.replace(',', ';')}", "skip = 1", {"skiprows": 1, "sep": ";"}),
    "remarks above": (f"# made, by hand\n#\n{CSV}", 'comment = "#"', {"comment": "#"}),
    "remarks between": (CSV.replace("\n", "\n% page\n", 5), 'comment = "%"', {"comment": "%"}),
    "a header that begins as remarks do": (f"##1\n##2, x\n#{CSV}", "skip = 2", {"skiprows": 2}),
    "two headers": (f"X1,X2,X3,Y\n{CSV}", "skip = 1", {"skiprows": 1}),
    "units": (CSV.replace("\n", "\nkg,cm,,\n", 1), "skip = [2]", {"skiprows": [1]}),
    "totals": (f"{CSV}Total,99,,\n", "footer = 1", {"skipfooter": 1, "engine": "python"}),
    "a note at the end": (f"{CSV}\nEnd of report\n", "footer = 1", {"skipfooter": 1, "engine": "python"}),
    "no header": (ROWS, "header = false", {"header": None}),
    "no header, whole numbers": (
        "".join(f"{b},{b % 3},{b % 2}\n" for b in [7, *FRAME["b"]]),
        "header = false",
        {"header": None},
    ),
    "blanks and a tab": (BLANKS, "header = false", {"header": None, "sep": r"\s+"}),
    "blanks in front of quotation marks": (
        "a, b, s, y\n" + "".join(f'{a}, {b}, "{s}, x", "{y}"\n' for a, b, s, y in FRAME.itertuples(index=False)),
        "",
        {"skipinitialspace": True},
    ),
    "a header again": (f"{CSV}{CSV}", "skip = [42]", {"skiprows": [41]}),
    "kinds below the header": (CSV.replace("\n", "\ndouble,int,string,string\n", 1), "skip = [2]", {"skiprows": [1]}),
    "names in two lines": (f"m,m,n,n\n{CSV}", "skip = 1", {"skiprows": 1}),
    "Orange's three lines": (
        CSV.replace("\n", "\ncontinuous,continuous,discrete,discrete\n,,,class\n", 1),
        "skip = [2, 3]",
        {"skiprows": [1, 2]},
    ),
    "kinds below the header and remarks above": (
        "# made\n# by hand\n" + CSV.replace("\n", "\n5n,4n,3s,3s\n", 1),
        "skip = [4]",
        {"skiprows": [0, 1, 3]},
    ),
    "questions below the header": (
        CSV.replace("\n", '\nHow old?,How many?,"Where,\nsince when?",Really?\n{1},{2},{3},{4}\n', 1),
        "skip = [2, 3, 4]",
        {"skiprows": [1, 2, 3]},
    ),
    "Qualtrics' answers in words": (
        's,y\n"Where?\nSince when?",Really?\n"{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n'
        + "".join(f"{s},{y}\n" for s, y in zip(FRAME["s"], FRAME["y"], strict=True)),
        "skip = [2, 3, 4]",
        {"skiprows": [1, 2, 3]},
    ),
    "letters without a header": (
        "".join(f"{y[0]},{'xbf'[b % 3]},{s[0]}\n" for b, s, y in zip(FRAME["b"], FRAME["s"], FRAME["y"], strict=True)),
        "header = false",
        {"header": None},
    ),
    "all of an account": (f"{CSV}Total: Account,99,,\n", "footer = 1", {"skipfooter": 1, "engine": "python"}),
    "dashes": (CSV.replace("\n", "\n--------\n", 1), "skip = [2]", {"skiprows": [1]}),
    "names of rows, by R": (
        "a,b,s,y\n" + "".join(f'"{row}",{line}\n' for row, line in enumerate(ROWS.splitlines(), 1)),
        "",
        {"skiprows": 1, "names": ["Unnamed: 0", "a", "b", "s", "y"]},
    ),
    "names of rows and blanks": (
        "a   b  y\n" + "".join(f"Car{row}  {a:.1f} {b}  {y}\n" for row, (a, b, _, y) in enumerate(FRAME.to_numpy())),
        'separator = "\\\\s+"',
        {"skiprows": 1, "names": ["Unnamed: 0", "a", "b", "y"], "sep": r"\s+"},
    ),
    "two signs": (CSV.replace(",", "::"), 'separator = "::"', {"sep": "::", "engine": "python"}),
    "a sign of control": (CSV.replace(",", "\x01"), "", {"sep": "\x01"}),
    "separators that end the rows": (CSV.replace("\n", ",\n").replace(",\n", "\n", 1), "", {"index_col": False}),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_lines_that_are_no_rows_are_passed_over_as_pandas_does(case: str, tmp_path: Path) -> None:
    content, key, options = LAYOUTS[case]
    path = tmp_path / "table.csv"
    path.write_text(content)
    first = first_preset(path)
    assert not key or f"{key}  # guessed: " in first.text
    assert not key or any(f"data.{key}, guessed: " in line for line in first.said)
    problem = load_problem(parse(first.text, named_after(path)))
    expected = pd.read_csv(path, **options)
    meant = expected.rename(columns=str)
    assert problem.card.rows == len(meant)
    table = _table(problem.preset, problem.preset.data.source)
    pd.testing.assert_frame_equal(table.raw.frame, meant)
    pd.testing.assert_frame_equal(eval(_reading_of(table), {"pd": pd}), meant)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("t.csv", CSV)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content", [gzip.compress(CSV.encode()), bz2.compress(CSV.encode()), lzma.compress(CSV.encode()), zipped()]
)
def test_compressed_files_are_read_whatever_they_are_called(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    pd.testing.assert_frame_equal(read_csv(path, "data.source", "p.toml", DataSpec("csv:x")).frame, FRAME)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(PresetError, match=r"found a damaged (gzip|bz2|xz|zip) file"):
        read_csv(path, "data.source", "p.toml", DataSpec("csv:x"))


@pytest.mark.parametrize(
    "names",
    [
        {"names": ["a", "b", "s", "y"]},
        {"names": ["a", "b", "s", "y"], "skip": 1, "footer": 2, "comment": "#"},
        {"header": False, "skip": [1, 3]},
    ],
)
def test_columns_without_a_header_have_the_names_that_the_preset_gives(names: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(ROWS)
    read = read_csv(path, "data.source", "p.toml", DataSpec("csv:x", **names)).frame
    rows = FRAME.iloc[1:-2] if "footer" in names else FRAME.drop([0, 2]) if "header" in names else FRAME
    expected = rows.reset_index(drop=True)
    if "header" in names:
        expected.columns = ["0", "1", "2", "3"]
    pd.testing.assert_frame_equal(read, expected)


@pytest.mark.parametrize(
    ("line", "key", "said"),
    [
        ("skip = -1", "data.skip", "counted from 1"),
        ("skip = [0]", "data.skip", "counted from 1"),
        ("footer = -1", "data.footer", "at the end"),
        ('comment = "//"', "data.comment", "one sign"),
        ('names = ["a", "a"]', "data.names", "all different"),
        ('names = ["a", "y"]', "data.names", "found 2 names"),
        ("skiprows = 2", "data.skiprows", "Did you mean skip?"),
        ("skipfooter = 2", "data.skipfooter", "Did you mean footer?"),
    ],
)
def test_what_is_said_wrongly_of_lines_is_answered(line: str, key: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(CSV)
    text = first_preset(tmp_path / "table.csv").text.replace("[data]", f"[data]\n{line}")
    with pytest.raises(PresetError, match=said) as told:
        load_problem(preset_of(text, tmp_path))
    assert told.value.key == key


def test_values_that_are_missing_in_the_first_rows_alone_are_no_header(tmp_path: Path) -> None:
    lagged = FRAME[["a", "y"]].assign(lag1=FRAME["a"].shift(1), lag2=FRAME["a"].shift(2), lag3=FRAME["a"].shift(3))
    for word in ("NA", "n/v", "-"):
        lagged.drop(columns="a").to_csv(tmp_path / "table.csv", index=False, na_rep=word)
        read = read_csv(tmp_path / "table.csv", "data.source", "p.toml", DataSpec("csv:x"))
        assert len(read.frame) == len(lagged)


@pytest.mark.parametrize(
    "header", ["2019,2020,2021,y", "a,b,c,y", "Country Name,1990,2000,y", "0,1,2,3", "id,1,b 2,y", "#a,b,c,y"]
)
def test_names_that_could_be_values_are_left_to_be_names(header: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{header}\n{ROWS}")
    raw = read_csv(path, "data.source", "p.toml", DataSpec("csv:x"))
    assert (raw.likely, list(raw.frame.columns)) == ({}, header.split(","))


def test_sheets_have_titles_and_sums_as_well(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="reading excel files is an extra")
    path = tmp_path / "table.xlsx"
    FRAME.to_excel(path, index=False, startrow=2)
    spec = DataSpec("excel:x", skip=2, footer=3)
    read = read_other("excel", path, "data.source", "p.toml", spec).frame
    pd.testing.assert_frame_equal(read, FRAME.iloc[:-3])


GERMAN = "ort;flaeche;einwohner;umsatz\n" + "".join(
    f"o{row};{row},5;{row + 1}.{row * 37 % 1000:03d};{row + 1}.234.567\n" for row in range(30)
)


def test_points_part_thousands_where_commas_mark_decimals_or_a_preset_says_so(tmp_path: Path) -> None:
    path = tmp_path / "orte.csv"
    path.write_text(GERMAN)
    meant = pd.read_csv(path, sep=";", decimal=",", thousands=".")
    for content, said in (
        (GERMAN, {}),
        ("\n".join(line.replace(",5;", ";") for line in GERMAN.splitlines()), {}),
        ("\n".join(line.rpartition(";")[0].replace(",5;", ";") for line in GERMAN.splitlines()), {"decimal": ","}),
    ):
        path.write_text(content)
        raw = read_csv(path, "data.source", "p.toml", DataSpec("csv:x", **said))
        assert raw.layout.texts == ("einwohner",)
        read = typed(raw.frame[["einwohner"]], Said("file", decimal=","))
        np.testing.assert_array_equal(read.frame["einwohner"], meant["einwohner"])
        again = pd.read_csv(path, **raw.layout.options())
        pd.testing.assert_series_equal(again["einwohner"], raw.frame["einwohner"])
    raw = read_csv(path, "data.source", "p.toml", DataSpec("csv:x"))
    assert raw.layout.texts == ()
    assert any('data.decimal = "," reads it as 1000' in note for note in raw.notes)


def test_digits_that_a_float_has_not_are_kept_for_who_wants_them(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("id,a\n12345678901234567,1\n,2\n12345678901234568,3\n")
    frame = read_csv(tmp_path / "ids.csv", "data.source", "p.toml", DataSpec("csv:x")).frame
    kept = typed(frame, Said("file", {"id": "category"})).frame["id"]
    assert kept.tolist() == ["12345678901234567", np.nan, "12345678901234568"]
    assert "keeps all its digits" in typed(frame, Said("file")).notes[0]


DRAWN = {
    "Markdown": ("| a | b |\n|---|:-:|\n| 1 | x |\n| 2 | y |\n", "skip = [2]"),
    "no bars outside": ("a | b\n--- | ---\n1 | x\n2 | y\n", "skip = [2]"),
    "a database's": ("+---+---+\n| a | b |\n+---+---+\n| 1 | x |\n+---+---+\n", "skip = [1, 3]"),
}


@pytest.mark.parametrize("case", DRAWN)
def test_rules_that_are_drawn_are_no_rows(case: str, tmp_path: Path) -> None:
    content, said = DRAWN[case]
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(PresetError) as told:
        read_csv(tmp_path / "t.csv", "data.source", "p.toml", DataSpec("csv:x"))
    assert said in told.value.allowed
    skip = [int(line) for line in re.findall(r"\d+", said)]
    spec = DataSpec("csv:x", skip=skip, footer=len(skip) - 1, separator=r"\s*\|\s*")
    frame = read_csv(tmp_path / "t.csv", "data.source", "p.toml", spec).frame
    assert frame["a"].iloc[0] == 1
    assert frame["b"].iloc[0] == "x"


def test_values_between_apostrophes_are_seen_and_read_by_a_key(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,'x'\n2,'y'\n3,'x'\n")
    raw = read_csv(path, "data.source", "p.toml", DataSpec("csv:x"))
    assert raw.likely["quote"][0] == "'"
    assert any('data.quote = "\'" takes these signs off' in note for note in raw.notes)
    path.write_text("a,b\n1,'x, y'\n2,'y, z'\n3,'x, z'\n")
    with pytest.raises(PresetError, match=r"data\.quote.*quote = \"'\""):
        read_csv(path, "data.source", "p.toml", DataSpec("csv:x"))
    raw = read_csv(path, "data.source", "p.toml", DataSpec("csv:x", quote="'"))
    assert raw.frame["b"].tolist() == ["x, y", "y, z", "x, z"]
    pd.testing.assert_frame_equal(pd.read_csv(path, **raw.layout.options()), raw.frame)


def test_an_archive_of_several_files_names_its_tables_and_the_command_that_takes_one(tmp_path: Path) -> None:
    path = tmp_path / "my data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("__MACOSX/._train.csv", "readme.md", "data/", "data/train set.csv", "data/test.csv"):
            archive.writestr(name, CSV)
    with pytest.raises(PresetError) as caught:
        read_csv(path, "data.source", "p.toml", DataSpec(source="csv:my data.zip"))
    assert "5 entries, 2 of them tables: data/train set.csv, data/test.csv" in caught.value.found
    command, _, source = caught.value.allowed.removeprefix("one of them, unpacked: ").partition(", and ")
    taken = command.rpartition(" > ")[2].strip("'")
    assert source == f'"csv:{taken}"'
    words = shlex.split(command)
    assert words == ["unzip", "-p", "my data.zip", "data/train set.csv", ">", "train set.csv"]
    with zipfile.ZipFile(tmp_path / words[2]) as archive:
        (tmp_path / taken).write_bytes(archive.read(words[3]))
    read = read_csv(tmp_path / taken, "data.source", "p.toml", DataSpec(source=source.strip('"'))).frame
    pd.testing.assert_frame_equal(read, pd.read_csv(io.StringIO(CSV)))


def test_an_archive_with_a_password_is_told(tmp_path: Path) -> None:
    path = tmp_path / "secret.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.csv", CSV)
    content = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # where zip says that a file is encrypted
        content[content.index(mark) + flags] |= 1
    path.write_bytes(content)
    with pytest.raises(PresetError, match=r"asks for a password; allowed: t\.csv, unpacked"):
        read_csv(path, "data.source", "p.toml", DataSpec(source="csv:secret.zip"))
