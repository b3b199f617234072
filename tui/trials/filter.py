"""The filter of the trial table: a line such as `method:random lr>1e-3 failed score>=0.97 penalty=l1 best:10`.

What may stand in it is `engine.trials.grammar`, for help, reports and `USING.md` as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ...engine.errors import choose
from ...engine.state import RunState
from ...engine.text import clean
from ...engine.trials.arrays import DONE, Columns, Mask
from .field import Field
from .fields import BEFORE, SCORE, fields
from .terms import FLAGS, STATES, FilterError, Term, error_term, field_term, flag_term, tested, turned

OTHERS = ("error", "best")
"""Words in front of a colon that are no columns."""

_COMPARED = r"\s*(<=|>=|!=|=|:|<|>)(.*)"
_TERM = re.compile(rf"([^<>=!:]+?){_COMPARED}", re.DOTALL)


@dataclass(frozen=True)
class Filter:
    """A parsed filter; the empty one lets everything pass."""

    text: str = ""
    terms: tuple[Term, ...] = ()
    best: int | None = None
    """How many of the best to keep of what passes the terms."""

    @property
    def empty(self) -> bool:
        """True if every trial passes."""
        return not self.terms and self.best is None

    def mask(self, cols: Columns, state: RunState) -> Mask:
        """Return which trials pass, shape (n_trials,)."""
        passing = np.ones(cols.size, dtype=bool)
        for term in self.terms:
            passing &= term(cols, state)
        if self.best is not None:
            # what was raced out has no score, only what it was reckoned at
            means = SCORE.value(cols, state)
            places = np.flatnonzero(passing & (cols.phase == DONE) & np.isfinite(means))
            ranked = places[np.argsort(-means[places], kind="stable")]
            passing = np.zeros(cols.size, dtype=bool)
            passing[ranked[: self.best]] = True
        return passing


def parse(text: str, state: RunState) -> Filter:
    """Return the filter that `text` describes, for a run with those columns and methods.

    Raises `FilterError` with what was wrong and what is allowed.
    """
    vocabulary = _Vocabulary(state)
    terms: list[Term] = []
    best: int | None = None
    for word in _words(text):
        negated = word.startswith("!") and len(word) > 1
        term = vocabulary.term(word[1:] if negated else word)
        if isinstance(term, int):
            if negated:
                raise FilterError(f"{clean(word, 60)}: best cannot be turned around")
            best = term if best is None else min(best, term)
        else:
            terms.append(turned(term) if negated else term)
    return Filter(text.strip(), tuple(terms), best)


def _words(text: str) -> list[str]:
    words: list[str] = []
    word = ""
    quoted = begun = False
    for character in text:
        if character == '"':
            quoted, begun = not quoted, True
        elif character.isspace() and not quoted:
            if word or begun:
                words.append(word)
            word, begun = "", False
        else:
            word += character
    if quoted:
        raise FilterError(f'a quote is not closed: "{clean(word, 60)}')
    return [*words, word] if word or begun else words


class _Vocabulary:
    """What a filter may name in one run."""

    def __init__(self, state: RunState) -> None:
        self.methods = list(state.methods)
        self.scoring = state.info.scoring if state.info else ""
        known = [one for one in fields(state) if one.filter_term]
        brought = [one for one in known if one.key.partition(":")[1]]
        own = sorted((one for one in known if one not in brought), key=lambda one: one in BEFORE)
        # a hyperparameter goes before a column of its name; what else trials carry comes last
        self.by_word: dict[str, Field | None] = {one.filter_term: one for one in own}
        self.by_word |= dict.fromkeys(OTHERS)
        for one in brought:
            if one.axis is not None or one.filter_term not in self.by_word:
                self.by_word[one.filter_term] = one

    def term(self, word: str) -> Term | int:
        """Return the condition that a word stands for; a number stands for so many of the best."""
        found = self._whole_name(word) or _TERM.fullmatch(word)
        if found is None:
            return self._flag(word)
        name, operator, value = self._field(found[1].strip(), word), found[2], found[3].strip()
        if not value:
            raise FilterError(f"{clean(word, 60)}: nothing to compare with after {operator}")
        column = self.by_word[name]
        if column is not None and column.key != "method":
            return field_term(column, operator, value)
        if operator not in (":", "=", "!="):
            raise FilterError(f"{clean(word, 60)}: write {name}:…, not {name}{operator}…")
        if name == "best":
            return _count(value, word)
        term = error_term(value) if column is None else self._method(value)
        return turned(term) if operator == "!=" else term

    def _whole_name(self, word: str) -> re.Match[str] | None:
        """Return a word in parts by a known name in front: it may have signs in it, as fbeta_score(beta=2) has."""
        known = sorted(filter(word.startswith, self.by_word), key=len, reverse=True)
        found = (re.fullmatch(f"({re.escape(name)}){_COMPARED}", word, re.DOTALL) for name in known)
        return next(filter(None, found), None)

    def _flag(self, word: str) -> Term | int:
        if word == "best":
            return 1
        known = (*STATES, *FLAGS)
        if word not in known:
            allowed = [*known, "best"]
            said = f"{clean(word, 60) or '(nothing)'} says nothing to compare; alone may stand: {', '.join(allowed)}."
            raise FilterError(f"{said} {choose(word, allowed)}".rstrip())
        return flag_term(word)

    def _field(self, name: str, word: str) -> str:
        names = list(self.by_word)
        if name in names:
            return name
        if name == "#":
            return "number"
        if name and name == self.scoring:
            return "score"
        for fits in (str.startswith, _by_part, _by_initials):
            found = list(dict.fromkeys(known for known in names if name and fits(known, name)))
            if len(found) == 1:
                return found[0]
            if found:
                raise FilterError(f"{clean(word, 60)}: {clean(name, 40)} may be {clean(', '.join(found), 200)}")
        said = f"{clean(name, 40)} is not known; there are {clean(', '.join(names), 300)}."
        raise FilterError(f"{said} {clean(choose(name, names))}".rstrip())

    def _method(self, value: str) -> Term:
        wanted: set[str] = set()
        for part in value.split(","):
            exact = [name for name in self.methods if name == part]
            found = exact or [name for name in self.methods if part and name.startswith(part)]
            if not found:
                raise FilterError(f"no method {clean(part, 40)}; there are {clean(', '.join(self.methods), 200)}")
            wanted.update(found)

        return tested(lambda trial: trial.method in wanted)


def _by_part(known: str, name: str) -> bool:
    # a step's parameter in a pipeline, such as mlp__alpha, goes by its own name as well
    return "__" in known and known.rsplit("__", 1)[1].startswith(name)


def _by_initials(known: str, name: str) -> bool:
    return "".join(part[0] for part in known.rsplit("__", 1)[-1].split("_") if part).startswith(name)


def _count(value: str, word: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value[:9]) >= 1 and len(value) <= 9):
        raise FilterError(f"{clean(word, 60)}: how many of the best? A whole number from 1")
    return int(value)
