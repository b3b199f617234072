"""Values that people write in many ways: read as pandas reads them with options, or a line says what they look like."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tunetop.engine.data.kinds import Said, typed
from tunetop.engine.data.readings import read_as
from tunetop.engine.errors import PresetError, UsageError
from tunetop.engine.export.script_data import TEXTS, reading_code

ROWS = range(40)
V = np.random.default_rng(0).normal(size=40).round(4) * 1000
DAYS = pd.date_range("2024-01-01", periods=40)


def numbers(text: pd.Series, drop: str, decimal: str = ".") -> pd.Series:
    """Return numbers as a person reads them: without what stands beside, and brackets as a minus."""
    text = text.str.replace(r"^(\$ )?\((.*)\)$", r"-\2", regex=True).str.replace(drop, "", regex=True)
    return text.str.replace(decimal, ".").astype(float)


READ: dict[str, tuple[list[str], str, Any, str]] = {
    "12.3 EUR": ([f"{abs(v):.1f} EUR" for v in V], "number", r" EUR", 'read without "EUR"'),
    "-$1,200.50": ([f"{'-' if v < 0 else ''}${abs(v):,.2f}" for v in V], "number", r"[$,]", 'read without "$"'),
    "1\u00a0234": ([f"{row + 1}\u00a0234" for row in ROWS], "number", "\u00a0", "read as 1234"),
    "$ (1,200.50)": ([f"$ ({-v:,.2f})" if v < 0 else f"$ {v:,.2f}" for v in V], "number", r"[$, ]", "read as -"),
    "Rs. 1,200.50": ([f"Rs. {abs(v):,.2f}" for v in V], "number", r"Rs\. |,", 'read without "Rs."'),
    "1.234.567, by points": ([f"{row + 1}.234.567" for row in ROWS], "number", r"\.", "comma before the decimals"),
    "45 %": ([f"{abs(v) / 20:.0f} %" for v in V], "number", r" %", 'read without "%"'),
    "4.5kg": ([f"{abs(v):.2f}kg" for v in V], "number", r"kg", 'read without "kg"'),
    "(1.23)": ([f"({-v:.2f})" if v < 0 else f"{v:.2f}" for v in V], "number", r"x", "read as -"),
    "1 234 567": ([f"{row + 1} 234 567" for row in ROWS], "number", " ", "'1 234 567', read as 1234567"),
    "1\u202f234,5": ([f"{row + 1}\u202f234,5" for row in ROWS], "number", "\u202f", "comma before the decimals"),
    "1'234.50": ([f"{row + 1}'234.50" for row in ROWS], "number", "'", "read as 1234.50"),
    "31 Jan 2024": (list(DAYS.strftime("%d %b %Y")), "date", "%d %b %Y", 'are read as "%d %b %Y"'),
    "Jan 31, 2024": (list(DAYS.strftime("%B %d, %Y")), "date", "%B %d, %Y", 'are read as "%B %d, %Y"'),
    "31.01.24": (list(DAYS.strftime("%d.%m.%y")), "date", "%d.%m.%y", 'are read as "%d.%m.%y"'),
    "31/01/24": (list(DAYS.strftime("%d/%m/%y")), "date", "%d/%m/%y", 'are read as "%d/%m/%y"'),
    "2024/01/31": (list(DAYS.strftime("%Y/%m/%d %H:%M")), "date", "%Y/%m/%d %H:%M", 'are read as "%Y/%m/%d %H:%M"'),
    "Dec-15": (["Dec-15", "May-14"] * 20, "date", "%b-%y", 'are read as "%b-%y"'),
    "12:30": ([f"{row % 24}:{row:02d}" for row in ROWS], "date", "%H:%M", 'are read as "%H:%M"'),
    "2:30 PM": ([f"{row % 12 + 1}:{row:02d} PM" for row in ROWS], "date", "%I:%M %p", 'are read as "%I:%M %p"'),
    "+02:00": ([f"2024-01-{row % 28 + 1:02d}T10:00:00+02:00" for row in ROWS], "date", "ISO8601", "those of UTC"),
    "8:05 AM": (list(DAYS.strftime("%m/%d/%Y 08:05:00 AM")), "date", "%m/%d/%Y %I:%M:%S %p", ""),
    "20240131T080500": (list(DAYS.strftime("%Y%m%dT080500")), "date", "%Y%m%dT%H%M%S", ""),
    "UTC": (list(DAYS.strftime("%Y-%m-%d 08:05:00 UTC")), "date", "%Y-%m-%d %H:%M:%S UTC", "are read as"),
    "of mails": (list(DAYS.strftime("%a, %d %b %Y 08:05:00 +0200")), "date", "%a, %d %b %Y %H:%M:%S %z", "are read as"),
    "31JAN2024": (list(DAYS.strftime("%d%b%Y").str.upper()), "date", "%d%b%Y", "are read as"),
    "sí": (["sí", "no"] * 20, "yes/no", "sí", ""),
    "ДА": (["ДА", "НЕТ"] * 20, "yes/no", "ДА", ""),
    "Hayır": (["Evet", "Hayır"] * 20, "yes/no", "Evet", ""),
}


@pytest.mark.parametrize("case", READ)
def test_values_are_read_as_pandas_reads_them_when_told_how(case: str) -> None:
    texts, kind, how, said = READ[case]
    frame = pd.DataFrame({"x": texts})
    read = typed(frame, Said("file"))
    assert read.columns[0].kind == kind
    if kind == "number":
        expected: Any = numbers(frame["x"], how, "," if "," in case and "$" not in case else ".")
    elif kind == "date":
        expected = pd.to_datetime(frame["x"], format=how, utc=True).dt.tz_localize(None)
    else:
        expected = (frame["x"] == how).astype(float)
    np.testing.assert_array_equal(np.asarray(read.frame["x"], expected.dtype), expected)
    assert any(said in note for note in read.notes) if said else not read.notes
    # rows that come later, and the script that a person is given, have them alike
    again: Any = read_as(frame, read.readings, "file").frame["x"]
    np.testing.assert_array_equal(np.asarray(again, expected.dtype), expected)
    names: dict[str, Any] = {"pd": pd, "frame": frame.copy(), "name": "x"}
    exec(TEXTS, names)
    written: Any = eval(reading_code(read.readings[0], frame["x"]), names)
    np.testing.assert_array_equal(np.asarray(written, expected.dtype), expected)


SAID: dict[str, tuple[list[Any], str, str]] = {
    "1 h 20": ([f"{row % 3} h {row}" for row in ROWS], "category", "span of time"),
    "90:15": ([f"{row + 30}:15:00" for row in ROWS], "category", "span of time"),
    "kg and g": (
        [f"{row} {'kg' if row % 2 else 'g'}" for row in ROWS],
        "category",
        "different marks ('38 g', '39 kg')",
    ),
    "18-25": ([["<18", "18-25", "26+"][row % 3] for row in ROWS], "category", '[columns] "x" = ["…"] lists them'),
    "01/02/24": (list(DAYS[:12].strftime("%d/%m/%y")), "category", '"x" = "%d/%m/%y" or "%m/%d/%y"'),
    "CET": ([f"2024-01-{row % 28 + 1:02d} 10:00 CET" for row in ROWS], "category", "looks like a date"),
    "half": ([f"{V[row]:.1f}" if row % 3 else "n/k" for row in ROWS], "category", "26 of 40 are numbers, others 'n/k'"),
    "10+ years": (["< 1 year", "1 year", "2 years", "10+ years"] * 10, "category", '"x" = ["…"] lists them'),
    "several ways": (["Jan 31, 2024", "2024-02-01", "3 March 2024", "1/5/2024"] * 10, "category", '"x" = "date" reads'),
    "3. März 2024": ([f"{row % 27 + 1}. März 2024" for row in ROWS], "category", "once they are written so"),
    "2024-W05": ([f"2024-W{row % 9 + 10}" for row in ROWS], "category", "looks like a date"),
    "\\N": (["\\N", "red", "blue", "green"] * 10, "category", 'missing = ["\\\\N"] takes it as no value'),
    "seconds": ([1_700_000_000 + row * 777 for row in ROWS], "number", '"x" = "unix" reads it as one'),
    "seconds, some missing": ([1.7e12 if row else np.nan for row in range(2)] + [1.71e12], "number", '"unix ms"'),
    "0123": (["0123", "n/a", "4567", "0999"] * 10, "number", '0123 is read as 123; [columns] "x" = "category"'),
    "texts of digits": (["7", "8", "9", "7"] * 10, "number", "texts that are all numbers"),
    "one or nothing": ([1.0, np.nan] * 20, "number", "one value in all rows that have one"),
    "Red": (["Red", "red", "BLUE", "Blue"] * 10, "category", "'Red' and 'red'; 'BLUE' and 'Blue'"),
    "20240131": ([int(day) for day in DAYS.strftime("%Y%m%d")], "number", '"x" = "%Y%m%d" reads it as one'),
    "1.0.3": ([f"1.{row}.3" for row in ROWS], "category", "all different"),
    "<0.5": ([f"{row}.5" if row % 4 else "<0.5" for row in ROWS], "category", "'<0.5' may be the number 0.5"),
    "12*": ([f"{row}{'*' * (row % 3)}" for row in ROWS], "category", "'1*' may be the number 1"),
    "10,000+": (["10,000+", "500+", "5,000,000+"] * 13, "category", "'10,000+' may be the number 10000"),
    "€1.5M": ([f"€{row}.5{'MK'[row % 2]}" for row in ROWS], "category", "'€0.5M' may be the number 500000"),
    "$ and €": ([f"{'$€'[row % 2]}{row}K" for row in ROWS], "category", "all different"),
    "1.5 and 1,5": ([f"{row}{'.,'[row % 2]}5" for row in ROWS], "category", "some with points, some with commas"),
    "5'11\"": ([f"{5 + row % 2}'{row % 12}\"" for row in ROWS], "category", "holds 2 numbers"),
    "12°34'N": ([f"{row}°{row % 7}'N" for row in ROWS], "category", "holds 2 numbers"),
    "120/80": ([f"{100 + row}/{70 + row % 9}" for row in ROWS], "category", "holds 2 numbers"),
    "1024x768": (["640x480", "1024x768", "1920x1080"] * 13, "category", "holds 2 numbers"),
    "(40.7, -73.9)": ([f"({row}.7, -{row}.9)" for row in ROWS], "category", "holds 2 numbers"),
    "4.5 out of 5 stars": ([f"{row % 9}.{row} out of 5 stars" for row in ROWS], "category", "drop = "),
    "lists": (["['Wifi', 'TV']", "['TV']", "[]"] * 13, "category", '"text" takes each word for itself'),
    "a|b": (["War|Drama", "War", "Drama"] * 13, "category", "'War|Drama' holds several values"),
    "a, b": (["War, Drama", "War", "Drama"] * 13, "category", "'War, Drama' holds several values"),
    "True and 1": (["True", "1", "False", "0"] * 10, "category", "'False' and '0'; 'True' and '1': may mean the same"),
    "1 and n.d.": (["1", "2", "3", "n.d."] * 10, "category", "30 of 40 are numbers, others 'n.d.'"),
    "<0.5 and n.d.": (["<0.5", "1.2", ">100", "n.d."] * 10, "category", "30 of 40 are numbers, others 'n.d.'"),
    "low to very high": (["Very High", "low", "medium"] * 13, "category", '"x" = ["low", "medium", "Very High"]'),
    "S to XL": (["XL", "S", "M", "L"] * 10, "category", "'S' and 'M' are of a scale"),
    "Yes and y": (["Yes", "y", "no"] * 13, "category", "'Yes' and 'y': may mean the same"),
    "part-time": (["part-time", "part time", "full"] * 13, "category", "'part-time' and 'part time'; write"),
    "café": (["café", "cafe", "cafe\u0301"] * 13, "category", "'café' and 'cafe' and "),
    "x or nothing": (["x", ""] * 20, "category", '[columns] "x" = ["", "x"] takes none as 0'),
    "1 or nothing": (["1", None] * 20, "number", "texts that are all numbers"),
    "[0-10)": (["[0-10)", "[10-20)", "[20-30)"] * 13, "category", "looks like a range"),
    "$25,000 - $49,999": (["$25,000 - $49,999", "$50,000+"] * 20, "category", "looks like a range"),
    "01/2015": ([f"{row % 12 + 1:02d}/2015" for row in ROWS], "category", '"x" = "%m/%Y" reads it as one'),
    "2024-Jan-01": ([f"2024-Jan-{row % 28 + 1:02d}" for row in ROWS], "category", '"x" = "%Y-%b-%d" reads it as one'),
    "1:23.456": ([f"1:{row + 10}.456" for row in ROWS], "category", "looks like a span of time"),
    "201501": ([201500 + row % 12 + 1 for row in ROWS], "number", '"x" = "%Y%m" reads it as one'),
    "20240131140500": ([20240101140500 + row % 28 * 10**6 for row in ROWS], "number", '"%Y%m%d%H%M%S" reads it'),
    "seconds with a fraction": ([1_700_000_000.5 + row for row in ROWS], "number", '"x" = "unix" reads it as one'),
    "9999-12-31": (
        ["9999-12-31" if row % 8 == 0 else f"2024-01-{row % 28 + 1:02d}" for row in ROWS],
        "date",
        "in 5 rows",
    ),
    "H1 2024": ([f"H{row % 2 + 1} {2010 + row % 9}" for row in ROWS], "category", "once they are written so"),
    "1H'24": ([f"{row % 2 + 1}H'{10 + row % 9}" for row in ROWS], "category", "once they are written so"),
    "2024-S2": ([f"{2010 + row % 9}-S{row % 2 + 1}" for row in ROWS], "category", "once they are written so"),
    "FY2024": ([f"FY{2010 + row % 9}" for row in ROWS], "category", "once they are written so"),
    "KW 12/2024": ([f"KW {row + 1}/2024" for row in ROWS], "category", "once they are written so"),
    "a few halves": (["0", "½", "1", "1½", "2"] * 8, "category", "'½' may be the number 0.5"),
    "12-34-56": (
        [f"{row % 12 + 1:02d}-{row + 20:02d}-{50 + row % 40:02d}" for row in ROWS],
        "category",
        "all different",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_is_not_read_is_said_in_one_line_with_the_key_that_changes_it(case: str) -> None:
    values, kind, said = SAID[case]
    read = typed(pd.DataFrame({"x": values}), Said("file"))
    assert read.columns[0].kind == kind
    note = read.notes[0]
    assert note.startswith("x: ")
    assert said in note
    assert re.search(r"\[columns\]|drop =|data\.missing|write ", note)


NOTHING: dict[str, tuple[list[str], str, str]] = {
    "-": (list(DAYS.strftime("%Y-%m-%d")), "date", "dates, 10 are '-': taken as missing"),
    "0000-00-00": (list(DAYS.strftime("%Y-%m-%d")), "date", "dates, 10 are '0000-00-00': taken as missing"),
    "00/00/0000": (list(DAYS.strftime("%m/%d/%Y")), "date", "dates, 10 are '00/00/0000': taken as missing"),
    "#DIV/0!": ([f"{v:.1f}" for v in V], "number", "30 of 40 are numbers, 10 are '#DIV/0!': taken as missing"),
    "k.A.": ([f"{v:.1f}" for v in V], "number", "30 of 40 are numbers, 10 are 'k.A.': taken as missing"),
    "NAN": ([f"{v:.1f}" for v in V], "number", "30 of 40 are numbers, 10 are 'NAN': taken as missing"),
    "…": (list(DAYS.strftime("%Y-%m-%d")), "date", "dates, 10 are '…': taken as missing"),
    "- ": ([f"{v:.1f} %" for v in V], "number", "30 of 40 are numbers, 10 are '-': taken as missing"),
}


@pytest.mark.parametrize("case", NOTHING)
def test_words_for_nothing_leave_numbers_and_dates_what_they_are(case: str) -> None:
    texts, kind, said = NOTHING[case]
    frame = pd.DataFrame({"x": [case if row % 4 == 0 else text for row, text in enumerate(texts)]})
    read = typed(frame, Said("file"))
    assert read.columns[0].kind == kind
    assert any(said in note for note in read.notes)
    np.testing.assert_array_equal(pd.isna(read.frame["x"]), np.arange(40) % 4 == 0)
    again: Any = read_as(frame, read.readings, "file").frame["x"]
    np.testing.assert_array_equal(np.asarray(again), np.asarray(read.frame["x"]))
    names: dict[str, Any] = {"pd": pd, "frame": frame.copy(), "name": "x"}
    exec(TEXTS, names)
    written: Any = eval(reading_code(read.readings[0], frame["x"]), names)
    np.testing.assert_array_equal(np.asarray(written), np.asarray(read.frame["x"]))


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        (
            "x",
            [-999 if row % 5 == 0 else row for row in ROWS],
            '-999 in 8 rows, far from all others; missing = ["-999"]',
        ),
        ("x", [9999.0 if row % 5 == 0 else row / 7 for row in ROWS], "9999 in 8 rows"),
        ("x", [-1 if row % 5 == 0 else row * 3 for row in ROWS], "-1 in 8 rows"),
        ("x", [99 if row % 5 == 0 else row % 5 for row in ROWS], "99 in 8 rows"),
        ("x", [-9 if row % 5 == 0 else row % 5 for row in ROWS], "-9 in 8 rows"),
        ("row_id", [row * 7 % 41 for row in ROWS], "as if it named the rows"),
        ("row_id", [float(row * 7 % 41) for row in ROWS], "as if it named the rows"),
        ("sold_day", [45_000 + row for row in ROWS], '"excel" reads it as one'),
        ("year", [1980 + row for row in ROWS], ""),
        ("n", [180 + row for row in ROWS], "merely counts the rows"),
        ("x", [-1 if row % 5 == 0 else row - 20 for row in ROWS], ""),
        ("x", [99 if row % 5 == 0 else row + 50 for row in ROWS], ""),
        ("x", [row % 3 - 1 for row in ROWS], ""),
    ],
)
def test_numbers_that_stand_for_none_and_those_that_name_rows_are_told(name: str, values: list[Any], said: str) -> None:
    notes = typed(pd.DataFrame({name: values}), Said("file")).notes
    assert len(notes) == bool(said)
    assert not said or said in notes[0]


@pytest.mark.parametrize(
    "values", [["Q1", "Q2"], ["Jan", "Feb"], ["1th", "2th"], ["A-1", "B-2"], ["no", "yes", "maybe"]]
)
def test_plain_categories_need_no_line(values: list[str]) -> None:
    read = typed(pd.DataFrame({"x": values * 10}), Said("file"))
    assert (read.columns[0].kind, read.notes) == ("category", ())


@pytest.mark.parametrize(
    ("odd", "kind"), [(".", "number"), ("n/v", "number"), ("unknown", "category"), ("x", "category")]
)
def test_few_numbers_and_a_sign_for_nothing_are_numbers(odd: str, kind: str) -> None:
    read = typed(pd.DataFrame({"x": ["1", "2", odd, "3"] * 10}), Said("file"))
    assert read.columns[0].kind == kind
    assert (kind == "category") == (f"10 are {odd!r}: taken as missing" not in "".join(read.notes))


def test_a_date_told_by_its_format_is_read_by_it() -> None:
    days = pd.DataFrame({"x": [20240131, 20240201]})
    assert list(typed(days, Said("file", {"x": "%Y%m%d"})).frame["x"]) == [
        pd.Timestamp("2024-01-31"),
        pd.Timestamp("2024-02-01"),
    ]
    with pytest.raises(PresetError, match='"%d/%m/%Y" or "%m/%d/%Y"'):
        typed(pd.DataFrame({"x": ["01/02/2024", "03/04/2024"]}), Said("file"))


def test_spans_of_time_are_seconds_where_a_preset_says_so() -> None:
    hours = [f"{row} h {row % 7}" + (" mins" if row % 2 else "min") for row in ROWS]
    texts = {
        "written": (hours, [3600 * row + 60 * (row % 7) for row in ROWS]),
        "iso": ([f"PT{row}M" for row in ROWS], [60 * row for row in ROWS]),
        "days": ([f"{row} days" if row else "" for row in ROWS], [86400 * row if row else np.nan for row in ROWS]),
        "clock": ([f"{row + 30}:15:00" for row in ROWS], [3600 * (row + 30) + 900 for row in ROWS]),
    }
    for name, (written, expected) in texts.items():
        frame = pd.DataFrame({"x": written})
        read = typed(frame, Said("file", {"x": "span"}))
        assert read.columns[0].kind == "number", name
        np.testing.assert_array_equal(read.frame["x"], expected)
        np.testing.assert_array_equal(read_as(frame, read.readings, "file").frame["x"], expected)
        names: dict[str, Any] = {"pd": pd, "frame": frame.copy(), "name": "x"}
        exec(TEXTS, names)
        np.testing.assert_array_equal(eval(reading_code(read.readings[0], frame["x"]), names), expected)
    for wrong in ("5", "P1Y", "soon"):
        with pytest.raises(PresetError, match=r"columns\.x: no spans of time.*1h 20min"):
            typed(pd.DataFrame({"x": ["1h", wrong]}), Said("file", {"x": "span"}))
    read = typed(pd.DataFrame({"x": ["1h", "2h"]}), Said("file", {"x": "span"}))
    with pytest.raises(UsageError, match="column x holds 'soon' in row 2"):
        read_as(pd.DataFrame({"x": ["1h", "soon"]}), read.readings, "rows.csv")


ARABIC, WIDE = (str.maketrans("0123456789", digits) for digits in ("٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"))
ROUGH: dict[str, tuple[list[str], list[float]]] = {
    "1.5D+03": ([f"{row}.5D+03" for row in ROWS], [row * 1000 + 500 for row in ROWS]),
    "105K": ([f"{row}.5{'kK'[row % 2]}" for row in ROWS], [row * 1000 + 500 for row in ROWS]),
    "1.2M": ([f"{row + 1}{'KM'[row % 2]}" for row in ROWS], [(row + 1) * (1000, 1e6)[row % 2] for row in ROWS]),
    "<0.5": ([f"{'<≥~'[row % 3]}{row}.5" for row in ROWS], [row + 0.5 for row in ROWS]),
    "12 [a]": ([f"{row + 1}{('*', ' [a]', '†', '+')[row % 4]}" for row in ROWS], [row + 1 for row in ROWS]),
    "–€5,-": ([f"–€{row + 1},-" for row in ROWS], [-row - 1 for row in ROWS]),
    "1.2x10^3": ([f"{row + 1}.5 x 10^{row % 4}" for row in ROWS], [(row + 1.5) * 10 ** (row % 4) for row in ROWS]),
    "12-": ([f"{row + 1}-" for row in ROWS], [-row - 1 for row in ROWS]),
    "1,23,456": ([f"{row + 1},23,456.5" for row in ROWS], [(row + 1) * 100000 + 23456.5 for row in ROWS]),
    "Arabic": ([f"{row * 37}".translate(ARABIC) for row in ROWS], [row * 37 for row in ROWS]),
    "½": (
        [
            ("" if row < 4 else f"{row // 4}") + ("½", " ¾", "⅓", "⅔")[row % 4].strip("" if row > 3 else " ")
            for row in ROWS
        ],
        [(12 * (row // 4) + (6, 9, 4, 8)[row % 4]) / 12 for row in ROWS],
    ),
    "-½": (["-½" if row % 2 else f"-{row}⅛" for row in ROWS], [-0.5 if row % 2 else -row - 0.125 for row in ROWS]),
    "1.912,11-": (
        [f"{row + 1}.912,{10 + row}{'-' if row % 3 else ''}" for row in ROWS],
        [((row + 1) * 1000 + 912 + (10 + row) / 100) * (-1 if row % 3 else 1) for row in ROWS],
    ),
    "1,5K": ([f"{row},5K" for row in ROWS], [row * 1000 + 500 for row in ROWS]),
    "wide": ([f"{row * 37}".translate(WIDE) for row in ROWS], [row * 37 for row in ROWS]),
}


@pytest.mark.parametrize("case", ROUGH)
def test_numbers_that_no_program_writes_are_read_where_a_preset_says_so(case: str) -> None:
    written, expected = ROUGH[case]
    frame = pd.DataFrame({"x": written})
    untold = typed(frame, Said("file"))
    assert untold.columns[0].kind == "category"
    assert re.search(r"may be the number [\d.-]+, .*\[columns\] \"x\" = \"number\"", untold.notes[0])
    read = typed(frame, Said("file", {"x": "number"}))
    np.testing.assert_array_equal(read.frame["x"], expected)
    np.testing.assert_array_equal(read_as(frame, read.readings, "file").frame["x"], expected)
    names: dict[str, Any] = {"pd": pd, "frame": frame.copy(), "name": "x"}
    exec(TEXTS, names)
    np.testing.assert_array_equal(eval(reading_code(read.readings[0], frame["x"]), names), expected)


@pytest.mark.parametrize(("odd", "value"), [("½", 0.5), ("<5", 5), ("105K", 105000)])
def test_a_few_rough_numbers_among_plain_ones_are_asked_for_as_such(odd: str, value: float) -> None:
    texts = [odd, *map(str, range(39))]
    with pytest.raises(PresetError, match=r'columns\.x: 39 of 40 .*allowed: \[columns\] "x" = "number", which reads'):
        typed(pd.DataFrame({"x": texts}), Said("file"))
    read = typed(pd.DataFrame({"x": texts}), Said("file", {"x": "number"}))
    np.testing.assert_array_equal(read.frame["x"], [value, *range(39)])


def test_codes_are_not_taken_for_numbers_and_decimal_commas_stay_such() -> None:
    assert "may be" not in "".join(typed(pd.DataFrame({"x": [f"{row}B" for row in ROWS]}), Said("file")).notes)
    mixed = pd.DataFrame({"x": ["1,250", "3K"]})
    for decimal, value in ((".", 1250), (",", 1.25)):
        read = typed(mixed, Said("file", {"x": "number"}, decimal=decimal))
        np.testing.assert_array_equal(read.frame["x"], [value, 3000])
        np.testing.assert_array_equal(read_as(mixed, read.readings, "file").frame["x"], [value, 3000])


@pytest.mark.parametrize("word", ["\\N", "–", "—", ".a"])
def test_what_other_programs_write_for_nothing_is_missing_among_numbers(word: str) -> None:
    read = typed(pd.DataFrame({"x": [word if row % 5 == 0 else f"{row}.5" for row in ROWS]}), Said("file"))
    assert read.columns[0].kind == "number"
    assert np.isnan(np.asarray(read.frame["x"])).sum() == 8
    assert "32 of 40 are numbers, 8 are" in read.notes[0]


EPOCHS: dict[str, tuple[list[Any], str, list[str]]] = {
    "unix": ([1_700_000_000, 1_700_000_060], "unix", ["2023-11-14 22:13:20", "2023-11-14 22:14:20"]),
    "unix ms": ([1.7e12, np.nan], "unix ms", ["2023-11-14 22:13:20", "NaT"]),
    "texts": (["1700000000", "n/a"], "unix", ["2023-11-14 22:13:20", "NaT"]),
    "excel": ([45_000, 45_000.3333333], "excel", ["2023-03-15", "2023-03-15 08:00:00"]),
}


@pytest.mark.parametrize("case", EPOCHS)
def test_moments_that_are_numbers_are_dates_where_a_preset_says_so(case: str) -> None:
    written, form, expected = EPOCHS[case]
    frame = pd.DataFrame({"x": written})
    read = typed(frame, Said("file", {"x": form}))
    assert read.columns[0].kind == "date"
    meant = np.array(expected, dtype="datetime64[s]")
    np.testing.assert_array_equal(np.asarray(read.frame["x"], meant.dtype), meant)
    np.testing.assert_array_equal(np.asarray(read_as(frame, read.readings, "file").frame["x"], meant.dtype), meant)
    names: dict[str, Any] = {"pd": pd, "frame": frame.copy(), "name": "x"}
    exec(TEXTS, names)
    np.testing.assert_array_equal(
        np.asarray(eval(reading_code(read.readings[0], frame["x"]), names), meant.dtype), meant
    )


def test_dates_written_in_several_ways_are_read_where_a_preset_says_that_they_are_dates() -> None:
    read = typed(pd.DataFrame({"x": ["Jan 31, 2024", "2024-02-01", "3rd March 2024"]}), Said("file", {"x": "date"}))
    assert read.frame["x"].dt.strftime("%m-%d").tolist() == ["01-31", "02-01", "03-03"]
    assert "are written in several ways" in read.notes[0]
    with pytest.raises(PresetError, match="no moments as unix ns counts them"):
        typed(pd.DataFrame({"x": [1e30, 2e30]}), Said("file", {"x": "unix ns"}))
