"""The filter of the trial table: a line such as `method:random lr>1e-3 failed score>=0.97 penalty=l1 best:10`.

What may stand in it is `GRAMMAR`, for help and README as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from ...engine.events import Axis
from ...engine.state import RunState, TrialState
from ...engine.text import clean
from .terms import FLAGS, STATES, FilterError, Term, choice_term, error_term, flag_term, number_term, param_term, turned

if TYPE_CHECKING:
    from .columns import Flags, TrialColumns

GRAMMAR = (
    ("done running failed raced", "in that state"),
    ("reused manual warned", "not fitted anew, added by hand, with warnings"),
    ("method:random method:grid,random", "of that method, or of one of them; beginnings are enough"),
    ("score>=0.97 std<.01 seconds>2 delta>0 number<10", "compare so; also = and !="),
    ("lr>1e-3 penalty=l1,l2 penalty!=none", "with such a hyperparameter, named by any beginning or by initials"),
    ("error:memory", "failed with a reason that contains this text"),
    ("best:10", "the ten best of those that pass everything else; best alone: the best"),
    ("!failed !method:grid", "an exclamation mark turns a term around"),
)
"""Terms, examples apart by blanks, and which trials they let pass.

Terms are separated by blanks and must all hold. Values with blanks go into double quotes. A comparison never holds for
a number that is not there, and `=` takes three figures, as the table shows them, for the number that they stand for.
"""

FIELDS = ("score", "std", "seconds", "delta", "number", "method", "error", "best")

_TERM = re.compile(r"(?P<name>[^<>=!:]+?)\s*(?P<operator><=|>=|!=|=|:|<|>)(?P<value>.*)", re.DOTALL)


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

    def matches(self, trial: TrialState, state: RunState) -> bool:
        """Tell whether a trial passes the terms; whether it is among the `best` only `mask` can tell."""
        return all(term.test(trial, state) for term in self.terms)

    def mask(self, columns: TrialColumns, state: RunState) -> Flags:
        """Return which trials pass, shape (n_trials,)."""
        passing = np.ones(columns.size, dtype=bool)
        for term in self.terms:
            passing &= term.mask(columns, state)
        if self.best is not None:
            # what was raced out has no score, only what it was reckoned at
            scored = flag_term("done").mask(columns, state) & np.isfinite(columns["mean"])
            places = np.flatnonzero(passing & scored)
            ranked = places[np.argsort(-columns["mean"][places], kind="stable")]
            passing = np.zeros(columns.size, dtype=bool)
            passing[ranked[: self.best]] = True
        return passing


def parse(text: str, axes: Sequence[Axis], methods: Iterable[str], scoring: str = "") -> Filter:
    """Return the filter that `text` describes, for a run with those hyperparameters and methods.

    Raises `FilterError` with what was wrong and what is allowed.
    """
    vocabulary = _Vocabulary(list(axes), list(methods), scoring)
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


@dataclass(frozen=True)
class _Vocabulary:
    """What a filter may name in one run."""

    axes: list[Axis]
    methods: list[str]
    scoring: str
    by_name: dict[str, Axis] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {axis.name: axis for axis in self.axes})

    def term(self, word: str) -> Term | int:
        """Return the condition that a word stands for; a number stands for so many of the best."""
        found = _TERM.fullmatch(word)
        if found is None:
            return self._flag(word)
        name, operator, value = self._field(found["name"].strip(), word), found["operator"], found["value"].strip()
        if not value:
            raise FilterError(f"{clean(word, 60)}: nothing to compare with after {operator}")
        if name in ("method", "error", "best") and name not in self.by_name and operator not in (":", "=", "!="):
            raise FilterError(f"{clean(word, 60)}: write {name}:…, not {name}{operator}…")
        if name in self.by_name:
            axis = self.by_name[name]
            return (choice_term if axis.scale == "choice" else param_term)(axis, operator, value)
        if name == "best":
            return _count(value, word)
        term = self._method(value) if name == "method" else error_term(value) if name == "error" else None
        if term is not None:
            return turned(term) if operator == "!=" else term
        return number_term(name, operator, value)

    def _flag(self, word: str) -> Term | int:
        if word == "best":
            return 1
        known = (*STATES, *FLAGS)
        if word not in known:
            near = get_close_matches(word, [*known, "best"], n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise FilterError(
                f"{clean(word, 60) or '(nothing)'} says nothing to compare; alone may stand: {', '.join(known)}, "
                f"best.{hint}"
            )
        return flag_term(word)

    def _field(self, name: str, word: str) -> str:
        names = [*FIELDS, *self.by_name]
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
        near = get_close_matches(name, names, n=1)
        hint = f" Did you mean {clean(near[0], 60)}?" if near else ""
        raise FilterError(f"{clean(name, 40)} is not known; there are {clean(', '.join(names), 300)}.{hint}")

    def _method(self, value: str) -> Term:
        wanted: set[str] = set()
        for part in value.split(","):
            exact = [name for name in self.methods if name == part]
            found = exact or [name for name in self.methods if part and name.startswith(part)]
            if not found:
                raise FilterError(f"no method {clean(part, 40)}; there are {clean(', '.join(self.methods), 200)}")
            wanted.update(found)

        def mask(columns: TrialColumns, _: RunState) -> Flags:
            return np.isin(columns["method"], [place for place, name in enumerate(columns.methods) if name in wanted])

        return Term(lambda trial, _: trial.method in wanted, mask)


def _by_part(known: str, name: str) -> bool:
    # a step's parameter in a pipeline, such as mlp__alpha, goes by its own name as well
    return "__" in known and known.rsplit("__", 1)[1].startswith(name)


def _by_initials(known: str, name: str) -> bool:
    return "".join(part[0] for part in known.rsplit("__", 1)[-1].split("_") if part).startswith(name)


def _count(value: str, word: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value[:9]) >= 1 and len(value) <= 9):
        raise FilterError(f"{clean(word, 60)}: how many of the best? A whole number from 1")
    return int(value)
