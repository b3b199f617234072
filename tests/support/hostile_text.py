"""Text as it must be expected from presets, data sets and errors: for every place that shows or writes such text."""

from __future__ import annotations

import pytest
from tunetop.engine.text import is_harmless
from tunetop.tui.cli.main import main

HOSTILE: list[str] = [
    # terminal control: ESC, CSI, OSC, DCS, APC, PM, SOS, charset shifts, the alternate screen, mouse and paste modes
    "\x1b[2J\x1b[H",
    "\x1b[31mred\x1b[0m",
    "\x1b[?1049h\x1b[?1003h\x1b[?2004h",
    "\x1b[6n\x1b[c\x1b[>c",
    "\x1b[8;1;1t\x1b[21t",
    "\x1b]0;window title\x07",
    "\x1b]2;title\x1b\\",
    "\x1b]52;c;cm0gLXJmIH4=\x07",
    "\x1b]8;;http://example.invalid/\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]1337;File=inline=1:AAAA\x07",
    "\x1bP+q544e\x1b\\",
    '\x1bP$q"p\x1b\\',
    "\x1b_G a=T,f=100;AAAA\x1b\\",
    "\x1b^private\x1b\\",
    "\x1bXstring\x1b\\",
    "\x1bc",
    "\x1b(0lqqk\x1b(B",
    "\x1b#8",
    "\x1b",
    "text\x1b",
    # C0 and DEL
    "".join(map(chr, range(0x20))),
    "\x00",
    "nul\x00inside",
    "\x07\x07\x07bell",
    "back\x08\x08\x08\x08space",
    "\x0e\x0fshift",
    "\x7f\x7fdelete",
    "carriage\rreturn",
    "line\nfeed",
    "windows\r\nline",
    "tab\tbed",
    "vertical\x0btab\x0cform",
    "\x1c\x1d\x1e\x1funits",
    # C1
    "".join(map(chr, range(0x80, 0xA0))),
    "\x9b31mC1 CSI",
    "\x9d0;C1 OSC\x9c",
    "\x90C1 DCS\x9c",
    "\x85next line",
    # bidi controls
    "\u202egnp.exe",
    "\u202aleft\u202c \u202dover\u202c",
    "\u2066isolate\u2069\u2067rtl\u2069\u2068first\u2069",
    "\u200e\u200f\u061cmarks",
    "if admin\u2067 \u2066# member\u2069 \u2066",
    # no width
    "zero\u200bwidth\u200cjoin\u200dno\u2060break\ufeff",
    "\ufeffbyte order mark",
    "soft\xadhyphen",
    "\u034fjoiner",
    "\u115f\u1160\u3164\uffa0fillers",
    "\u180e\u2061\u2062\u2063\u2064",
    "\ufff9annotation\ufffa\ufffb",
    "\u2028line\u2029paragraph",
    "tags\U000e0041\U000e0042\U000e007f",
    "selector\ufe0e\ufe0f\U000e0100",
    # lone surrogates, noncharacters, private use
    "\ud800",
    "\udfff",
    "high \ud83d low \ude00",
    "\udc80\udcff undecodable bytes",
    "\ufffe\uffff\U0010ffff",
    "\ue000\U000f0000",
    # markup
    "[/",
    "[/]",
    "[red]",
    "[bold red on blue]alarm[/bold red on blue]",
    "[/red]",
    "[[",
    "]]",
    "\\[",
    "[@click=app.quit]quit[/]",
    "[link=file:///etc/passwd]x[/link]",
    "$primary {color: red;}",
    ":warning: :boom:",
    "<script>alert(1)</script>",
    "<!-- --> & &amp; \"'",
    "| a | b |\n|---|---|",
    "`code` **bold** [x](javascript:alert(1))",
    "{0} {x!r} %s %(x)s ${HOME} $(id) `id`",
    # formulas
    "=1+1",
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "＝1+1",
    '=HYPERLINK("http://example.invalid")',
    # csv, json, toml
    'quote " and, comma; semicolon',
    "'''\"\"\"",
    "NaN",
    "null",
    "1e999",
    # paths
    "../../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "-rf",
    "~root",
    "CON",
    "a/b\\c",
    "name\x00.toml",
    # size and shape
    "",
    " ",
    "   leading and trailing   ",
    "x" * 10_000,
    "\x1b[A" * 5_000,
    "word " * 3_000,
    "line\n" * 2_000,
    "\n" * 500,
    "W" * 199 + "\x1b[0m",
    # combining storms
    "Z" + "\u0300" * 500,
    "".join(letter + "\u0315\u0321\u0334\u0361\u0489\u20dd" * 8 for letter in "zalgo"),
    "\u0301\u0301\u0301\u0301\u0301 first",
    # wide, joined and right-to-left text that is honest
    "日本語の列",
    "ｆｕｌｌｗｉｄｔｈ",
    "👩‍👩‍👧‍👦 family",
    "🏳️‍🌈 🇩🇪 👍🏽 ❤️",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "é e\u0301 ﬁ ß İ ı",
    "\U00013000\U00013430\U00013001",
    "\U0001d173\U0001d17a\U0001bca0",
]
"""Hostile, odd and merely foreign strings; none of them may crash anything or reach a terminal raw."""


def keepable(text: str) -> bool:
    """Tell whether a journal can hold a text: lone surrogates are no Unicode, and come in as escapes."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def raw(text: str) -> list[str]:
    """Return the lines of a text that a terminal should never get."""
    return [line for line in text.split("\n") if not is_harmless(line)]


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> int:
    """Do a command line; assert that what it prints is harmless, and return its exit code."""
    code = main(arguments)
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    assert not raw(printed.out), arguments
    assert not raw(printed.err), arguments
    return code
