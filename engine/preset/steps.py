"""Steps of preparation as a preset writes them: words, import paths, and their mistakes."""

from __future__ import annotations

from typing import Any

from ..errors import PresetError, choose, found

Step = str | dict[str, Any]
"""A word, an import path, or `{ class = "…", params = {…} }`."""

Prepare = list[Any] | dict[str, list[Any]]
"""Steps for all columns, or for each kind of column, and behind these for `all`."""

WORDS = ("standard", "minmax", "robust", "maxabs", "impute", "onehot", "ordinal", "tfidf", "parts", "table")
"""Steps that have a word; `prepare` says what each is."""

ALL = "all"
_KINDS = ("number", "category", "text", "date", "yes/no", ALL)


def check_steps(prepare: Prepare, key: str, file: str) -> None:
    """Raise `PresetError` for a step that is none."""
    if isinstance(prepare, dict):
        for kind, steps in prepare.items():
            if kind not in _KINDS:
                raise PresetError(file, f"{key}.{kind}", "no such key", ", ".join(_KINDS), choose(kind, list(_KINDS)))
            check_steps(steps, f"{key}.{kind}", file)
        return
    for step in prepare:
        path = step.get("class") if isinstance(step, dict) else step
        known = path in WORDS or (isinstance(path, str) and ("." in path or ":" in path))
        if not known or (isinstance(step, dict) and not set(step) <= {"class", "params"}):
            hint = choose(path, list(WORDS)) if isinstance(path, str) else ""
            allowed = f'{", ".join(WORDS)}, or {{ class = "sklearn.decomposition.PCA", params = {{…}} }}'
            raise PresetError(file, key, found(step), allowed, hint)
    if len(set(words := [step for step in prepare if isinstance(step, str)])) < len(words):
        raise PresetError(file, key, found(prepare), "each step once")


def name_of_step(step: Step) -> str:
    """Return a step's name, by which its parameters are known: the word, or the class's own name."""
    path = step["class"] if isinstance(step, dict) else step
    return path if path in WORDS else path.replace(":", ".").rpartition(".")[2]


def names_of_steps(prepare: Prepare) -> list[str]:
    """Return all steps' names in order, for reading."""
    if isinstance(prepare, list):
        return [name_of_step(step) for step in prepare]
    return [f"{kind}: {' + '.join(map(name_of_step, steps))}" for kind, steps in prepare.items() if steps]
