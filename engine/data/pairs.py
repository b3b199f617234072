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


_MEANINGS = [{word.casefold() for word in words} for words in zip(*YES_NO, ("0", "1"), ("0.0", "1.0"), strict=True)]

_MOST = 20
"""Ways to write yes and no, of which a column hardly has more."""


def meanings_of(texts: Sequence[str]) -> list[list[str]]:
    """Return the texts that mean no, and those that mean yes, where all do and some of them the same; else nothing."""
    if len(texts) > _MOST:
        return []
    meant = [[text for text in texts if text.casefold() in words] for words in _MEANINGS]
    both = sum(map(len, meant)) == len(texts) and all(meant)
    return meant if both and (len(texts) > 2 or pair_of(texts) is None) else []
