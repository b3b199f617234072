"""Preparation of the columns before an estimator sees them (preprocessing), fitted inside each fold.

A table of numbers alone goes through the steps one after the other. Where there are other kinds of columns, each kind
has a chain of its own in a ColumnTransformer, by name; steps behind the one that makes numbers of categories, and
steps named by their import path, are for all columns together. A preset may also write each kind's chain itself.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import PresetError, choose, found
from ..text import listed
from .columns import KINDS, Columns, Kind

if TYPE_CHECKING:
    from .values import Values

Step = str | dict[str, Any]
"""A word, an import path, or `{ class = "…", params = {…} }`."""

Prepare = list[Any] | dict[str, list[Any]]
"""Steps for all columns, or for each kind of column, and behind these for `all`."""

_WORDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "standard": ("sklearn.preprocessing", "StandardScaler", {}),
    "minmax": ("sklearn.preprocessing", "MinMaxScaler", {}),
    "robust": ("sklearn.preprocessing", "RobustScaler", {}),
    "maxabs": ("sklearn.preprocessing", "MaxAbsScaler", {}),
    # a column without values in some fold stays where it is
    "impute": ("sklearn.impute", "SimpleImputer", {"strategy": "median", "keep_empty_features": True}),
    "onehot": ("sklearn.preprocessing", "OneHotEncoder", {"handle_unknown": "ignore", "sparse_output": False}),
    "ordinal": (
        "sklearn.preprocessing",
        "OrdinalEncoder",
        {"handle_unknown": "use_encoded_value", "unknown_value": -1},
    ),
    "tfidf": ("sklearn.feature_extraction.text", "TfidfVectorizer", {}),
    "parts": (f"{__package__}.date_parts", "DateParts", {}),
    "table": ("skrub", "TableVectorizer", {}),
}

WORDS = tuple(_WORDS)

_ENCODERS: dict[Kind, str] = {"category": "onehot", "text": "tfidf", "date": "parts"}
"""What makes numbers of a kind of column, where a preset does not say it."""

_ENCODING = ("onehot", "ordinal", "OneHotEncoder", "OrdinalEncoder", "TargetEncoder")
"""Steps that make numbers of categories, wherever they are written."""

PREPARE = "prepare"
"""The step of a pipeline that holds the chains."""

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
        known = path in _WORDS or (isinstance(path, str) and ("." in path or ":" in path))
        if not known or (isinstance(step, dict) and not set(step) <= {"class", "params"}):
            hint = choose(path, list(WORDS)) if isinstance(path, str) else ""
            allowed = f'{", ".join(WORDS)}, or {{ class = "sklearn.decomposition.PCA", params = {{…}} }}'
            raise PresetError(file, key, found(step), allowed, hint)
    if len(set(words := [step for step in prepare if isinstance(step, str)])) < len(words):
        raise PresetError(file, key, found(prepare), "each step once")


def name_of_step(step: Step) -> str:
    """Return a step's name, by which its parameters are known: the word, or the class's own name."""
    path = step["class"] if isinstance(step, dict) else step
    return path if path in _WORDS else path.replace(":", ".").rpartition(".")[2]


def names_of_steps(prepare: Prepare) -> list[str]:
    """Return all steps' names in order, for reading."""
    if isinstance(prepare, list):
        return [name_of_step(step) for step in prepare]
    return [f"{kind}: {' + '.join(map(name_of_step, steps))}" for kind, steps in prepare.items() if steps]


@dataclass(frozen=True)
class Plan:
    """What is done to the columns that there are."""

    chains: dict[Kind, list[Step]] = field(default_factory=dict)
    """Kind -> its steps; empty where all columns go through the same."""
    names: dict[Kind, list[str]] = field(default_factory=dict)
    """Kind -> its columns."""
    behind: list[Step] = field(default_factory=list)
    """What all columns go through after that."""
    assumed: tuple[Kind, ...] = ()
    """Kinds whose encoder nobody wrote."""
    keeps_categories: bool = False
    """Categories are left to the estimator."""


def plan(prepare: Prepare, columns: Columns, native: bool = False) -> Plan:
    """Return what `prepare` comes to for these columns, and an estimator that is at home with categories or not."""
    names = _grouped(prepare, columns)
    if prepare and isinstance(prepare, list) and prepare[0] == "table":
        return Plan(behind=list(prepare))
    chains, behind = _by_kind(prepare, list(names))
    if set(names) <= {"number"}:
        return Plan(behind=[*chains.get("number", []), *behind])
    # vectorizers of text give no DataFrame, whose types an estimator would know categories by
    kept = native and "text" not in names and not behind and not any(map(_encodes, chains.get("category", [])))
    assumed = []
    for kind, encoder in _ENCODERS.items():
        if kind not in names or (kind == "category" and kept):
            continue
        told = isinstance(prepare, dict) and any(name_of_step(step) not in _WORDS for step in chains[kind])
        if not told and not any(_encodes(step) or step == encoder for step in chains[kind]):
            chains[kind].append(encoder)
            assumed.append(kind)
    return Plan(chains, names, behind, tuple(assumed), kept and "category" in names)


def _grouped(prepare: Prepare, columns: Columns) -> dict[Kind, list[str]]:
    """Return the columns' names by what they are to these steps: yes and no are 1 and 0, or categories like others."""
    groups: dict[Kind, list[str]] = {}
    written = "category" in prepare if isinstance(prepare, dict) else any(map(_encodes, prepare))
    for column in columns:
        kind = column.kind
        if kind == "yes/no" and not (isinstance(prepare, dict) and kind in prepare):
            kind = "category" if written else "number"
        groups.setdefault(kind, []).append(column.name)
    # numbers first, as people write it: where a fit ends early the order of columns shows
    return {kind: groups[kind] for kind in KINDS if kind in groups}


def _encodes(step: Step) -> bool:
    return name_of_step(step) in _ENCODING


def _by_kind(prepare: Prepare, kinds: Sequence[Kind]) -> tuple[dict[Kind, list[Step]], list[Step]]:
    """Return which steps each kind of column goes through, and those that all columns do after that."""
    if isinstance(prepare, dict):
        return {kind: list(prepare.get(kind, [])) for kind in kinds}, list(prepare.get(ALL, []))
    chains: dict[Kind, list[Step]] = {kind: [] for kind in kinds}
    behind: list[Step] = []
    encoded = False
    for step in prepare:
        if _encodes(step):
            encoded = True
            chains.get("category", []).append(step)
        elif encoded or name_of_step(step) not in _WORDS:
            encoded = True
            behind.append(step)
        elif step in ("tfidf", "parts"):
            chains.get("text" if step == "tfidf" else "date", []).append(step)
        else:
            for kind in kinds:
                if kind == "number" or (step == "impute" and kind == "category"):
                    chains[kind].append(step)
    return chains, behind


def is_plain(prepare: Prepare, columns: Columns) -> bool:
    """Tell whether all columns are numbers to these steps, so that they can come as one array."""
    return "table" not in prepare and set(_grouped(prepare, columns)) <= {"number"}


def pipeline(prepare: Prepare, columns: Columns, estimator: Any, values: Values) -> Any:
    """Return the estimator behind its preparation, or alone where it needs none."""
    steps = _steps(
        plan(prepare, columns, takes_categories(estimator)), values, "model.prepare", sparse=takes_sparse(estimator)
    )
    if not steps:
        return estimator
    return _pipeline([*steps, ("model", estimator)], "model.prepare", values)


def preparation(prepare: Prepare, columns: Columns, values: Values) -> Any:
    """Return the preparation alone: what comes out of it are numbers."""
    key = "model.prepare_before_split"
    return _pipeline(_steps(plan(prepare, columns), values, key, sparse=False), key, values)


def _pipeline(steps: list[tuple[str, Any]], key: str, values: Values) -> Any:
    """Return scikit-learn's Pipeline, or imbalanced-learn's where a step changes which rows there are."""
    if not any(hasattr(step, "fit_resample") for _, step in steps):
        from sklearn.pipeline import Pipeline

        return Pipeline(steps)
    try:
        made: Any = importlib.import_module("imblearn.pipeline")
    except ImportError as error:
        raise PresetError(values.imports.file, key, f"{error}", hint="pip install imbalanced-learn") from None
    return made.Pipeline(steps)


def _steps(what: Plan, values: Values, key: str, *, sparse: bool) -> list[tuple[str, Any]]:
    behind = _named([(step, "number") for step in what.behind if not (step == "onehot" and not what.chains)])
    last = [(name, transformer(step, kind, values, key)) for name, step, kind in behind]
    if not what.names or (what.keeps_categories and not any(what.chains.values()) and not last):
        return last
    from sklearn.compose import ColumnTransformer

    parts = [part for kind, names in what.names.items() for part in _parts(kind, what.chains[kind], names, values, key)]
    # scalers that centre, and many models, take no sparse matrix
    threshold = 0.3 if sparse and not last else 0.0
    prepared = ColumnTransformer(parts, sparse_threshold=threshold, verbose_feature_names_out=not what.keeps_categories)
    if what.keeps_categories:
        prepared.set_output(transform="pandas")  # the estimator knows categories by their type
    return [(PREPARE, prepared), *last]


def _parts(kind: Kind, chain: list[Step], names: list[str], values: Values, key: str) -> list[tuple[str, Any, Any]]:
    """Return what a ColumnTransformer takes for columns of a kind; texts go one by one, as vectorizers want them."""
    label = kind.replace("/", "_")
    if not chain:
        return [(label, "passthrough", names)]

    def made() -> Any:
        steps = _named([(step, kind) for step in chain])
        return _chain([(name, transformer(step, kind, values, key)) for name, step, kind in steps], key, values)

    if kind != "text":
        return [(label, made(), names)]
    labels = ["text"] if len(names) == 1 else [f"text{place}" for place in range(1, len(names) + 1)]
    return [(label, made(), name) for label, name in zip(labels, names, strict=True)]


def _chain(steps: list[tuple[str, Any]], key: str, values: Values) -> Any:
    for name, step in steps:
        if hasattr(step, "fit_resample"):
            found = f"{name} changes which rows there are, and cannot be for one kind of column"
            raise PresetError(values.imports.file, key, found, f"to be among the steps for {ALL}")
    from sklearn.pipeline import Pipeline

    return Pipeline(steps)


def _named(steps: list[tuple[Step, Kind]]) -> list[tuple[str, Step, Kind]]:
    """Return steps with names of their own: a second PCA is PCA_2."""
    seen: dict[str, int] = {}
    named: list[tuple[str, Step, Kind]] = []
    for step, kind in steps:
        name = name_of_step(step)
        seen[name] = seen.get(name, 0) + 1
        named.append((name if seen[name] == 1 else f"{name}_{seen[name]}", step, kind))
    return named


def transformer(step: Step, kind: Kind, values: Values, key: str) -> Any:
    """Return the unfitted transformer of a step, for columns of a kind."""
    path, params = (step["class"], step.get("params", {})) if isinstance(step, dict) else (step, {})
    if path not in _WORDS:
        return values.estimator(path, params, key, key, f"{key}.params")
    module, name, options = _WORDS[path]
    if path == "impute" and kind != "number":
        options = options | {"strategy": "most_frequent"}
    try:
        made = getattr(importlib.import_module(module), name)(**options)
    except ImportError:
        install = "'tunetop[table]'" if path == "table" else module
        raise PresetError(values.imports.file, key, f"{path} needs {module}", hint=f"pip install {install}") from None
    return made.set_params(**values.parameters(made, params, f"{key}.params")) if params else made


def takes_categories(estimator: Any) -> bool:
    """Tell whether an estimator makes use of columns of pandas' category type itself."""
    kind = type(estimator)
    histogram = kind.__module__.startswith("sklearn.") and kind.__name__.startswith("HistGradientBoosting")
    histogram = histogram and estimator.categorical_features is not None
    return histogram or kind.__module__.startswith("lightgbm.")


def takes_sparse(estimator: Any) -> bool:
    """Tell whether an estimator says that it takes sparse matrices."""
    tags = input_tags(estimator)
    return tags is not None and bool(tags.sparse)


def input_tags(estimator: Any) -> Any | None:
    """Return what an estimator says of its input, None where it says nothing.

    One that is given something else in place of an estimator cannot say: the check of its parameters tells of that.
    """
    from sklearn.utils import get_tags

    if not hasattr(estimator, "__sklearn_tags__"):
        return None
    try:
        return get_tags(estimator).input_tags
    except AttributeError:
        return None


def assumptions(what: Plan, estimator: Any) -> list[str]:
    """Return what nobody wrote of the preparation, one line a kind of column."""
    said = {
        "category": "categories, one-hot encoded",
        "text": "text, made TF-IDF weights of its words",
        "date": "dates, made days, year, month, day and weekday",
    }
    notes = [f"{listed(what.names[kind], 4, 30)}: {said[kind]} (model.prepare, columns)" for kind in what.assumed]
    if what.keeps_categories:
        notes.append(
            f"{listed(what.names['category'], 4, 30)}: categories, left to {type(estimator).__name__} (columns)"
        )
    return notes


def full_names(estimator: Any, name: str) -> list[str]:
    """Return the names by which `estimator.set_params` knows what a preset calls `name`.

    In a Pipeline a name without a step is the model's own, and one that begins with a step of a chain is that step's:
    of the numbers' chain where several have it.
    """
    steps = getattr(estimator, "named_steps", None)
    return [name] if steps is None or "model" not in steps else _full_names(steps, name)


def _full_names(steps: Mapping[str, Any], name: str) -> list[str]:
    head = name.partition("__")[0]
    if PREPARE in steps and (found := _in_chains(steps[PREPARE], head, name)):
        return found
    return [name if head in steps else f"model__{name}"]


def _in_chains(prepared: Any, head: str, name: str) -> list[str]:
    name = name.replace("onehot__onehot__", "onehot__", 1)
    labels = [label for label, chain, _ in prepared.transformers if head in getattr(chain, "named_steps", ())]
    if head in [label for label, _, _ in prepared.transformers]:
        return [f"{PREPARE}__{name}"]
    return [f"{PREPARE}__{label}__{name}" for label in (["number"] if "number" in labels else labels)]
