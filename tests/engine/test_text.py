"""Text from outside: whatever it holds, it comes out visible, harmless and short."""

from __future__ import annotations

import unicodedata

import pytest
from hostile_text import HOSTILE
from hypothesis import example, given
from hypothesis import strategies as st
from tunetop.engine.text import clean, clean_block, is_harmless

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)
NASTY_TEXT = st.lists(st.sampled_from([*HOSTILE, "\x1b", "\u0301", "\\", "x", "\n", "\t"]), max_size=8).map("".join)

DRAWN_FORMAT_CHARACTERS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u0890\u0891\u08e2\U000110bd\U000110cd"


def has_control(text: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_hostile_text_survives_cleaning(text: str) -> None:
    line = clean(text)
    assert is_harmless(line)
    assert not has_control(line)
    assert len(line) <= 200
    block = clean_block(text)
    assert is_harmless(block)
    assert not has_control(block.replace("\n", ""))
    assert len(block) <= 8000


@given(st.one_of(ANY_TEXT, NASTY_TEXT), st.integers(0, 250))
@example("a" + "\u0301" * 5, 200)
def test_whatever_is_cleaned_is_harmless_one_line_and_short(text: str, limit: int) -> None:
    line = clean(text, limit)
    assert is_harmless(line)
    assert not has_control(line)
    assert len(line) <= limit


@given(st.one_of(ANY_TEXT, NASTY_TEXT), st.integers(0, 250))
def test_whatever_is_cleaned_as_a_block_is_harmless_and_short(text: str, limit: int) -> None:
    block = clean_block(text, limit)
    assert is_harmless(block)
    assert not has_control(block.replace("\n", ""))
    assert len(block) <= limit


@given(st.one_of(ANY_TEXT, NASTY_TEXT), st.integers(1, 250))
def test_cleaning_twice_changes_nothing_more(text: str, limit: int) -> None:
    once = clean(text, limit)
    assert clean(once, limit) == once


def test_every_control_and_invisible_character_of_unicode_counts_as_harmful() -> None:
    missed = [
        f"U+{code:04X}"
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and chr(code) not in DRAWN_FORMAT_CHARACTERS
        and is_harmless(chr(code))
    ]
    assert missed == ["U+000A"]


@pytest.mark.parametrize("code", [0x034F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x3164, 0xFE0F, 0xFFA0, 0xE0100])
def test_invisible_characters_of_other_categories_count_as_harmful(code: int) -> None:
    assert not is_harmless(f"a{chr(code)}b")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("a\r\n\tb\n\n\nc", "a b c"),
        ("  padded \n", "padded"),
        ("[/red] [bold]", "[/red] [bold]"),
        ("日本語 é שלום", "日本語 é שלום"),
        ("\u1ed9 e\u0302\u0323", "\u1ed9 e\u0302\u0323"),
        ("x" + "\u0301" * 6, "x" + "\u0301" * 4 + "\\u0301\\u0301"),
    ],
)
def test_harmful_characters_are_shown_and_all_others_kept(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_what_is_too_long_ends_in_an_ellipsis() -> None:
    assert clean("abcdef", 6) == "abcdef"
    assert clean("abcdefg", 6) == "abcde…"
    assert clean("abcdefg", 1) == "…"
    assert clean("abcdefg", 0) == ""
    assert clean_block("abc\ndefg", 6) == "abc\nd…"


def test_a_block_keeps_its_lines_and_expands_tabs() -> None:
    assert clean_block("Traceback:\r\n\tFile x\x1b[0m\rdone") == "Traceback:\n    File x\\x1b[0m\ndone"


def test_an_object_whose_text_cannot_be_had_is_named_instead() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text for you")

    assert clean(Broken()) == "<Broken whose text cannot be had: RuntimeError>"
