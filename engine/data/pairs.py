"""Pairs of words that mean no and yes."""

from __future__ import annotations

from collections.abc import Sequence

YES_NO = tuple(
    (no, yes)
    for both in (
        "no yes, false true, n y, f t, off on, nein ja, non oui, no sí, no si, não sim, nao sim, nee ja, nej ja",
        "nei ja, ei kyllä, nie tak, ne ano, ne da, nu da, nem igen, hayır evet",
        "нет да, ні так, όχι ναι, 否 是, 無 有",
        "いいえ はい, 아니오 예, لا نعم, לא כן, tidak ya, không có",
        "faux vrai, falsch wahr, falso verdadero, falso vero",
    )
    for no, yes in (words.split() for words in both.split(", "))
)
"""In any case. Where two languages have the same word, both its pairs stand there."""


def pair_of(texts: Sequence[str]) -> tuple[str, str] | None:
    """Return two texts as (no, yes) where that is what they mean."""
    if len(texts) != 2:
        return None
    by_word = {text.casefold(): text for text in texts}
    if len(by_word) == 2:
        for no, yes in YES_NO:
            if set(by_word) == {no.casefold(), yes.casefold()}:
                return by_word[no.casefold()], by_word[yes.casefold()]
    return None
