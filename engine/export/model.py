"""`model.skops` and `model.json`: a fitted winner that can be loaded without running anybody's code, and what it takes.

The model is scikit-learn's own estimator, usually a Pipeline; it takes the columns that `model.json` lists, in that
order, and predicts class codes or numbers. `model.json` says how each column is read and what the codes are called.
`model.joblib`, only where it is asked for, is a pickle: whoever loads it runs whatever is in it.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import io
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import sklearn

from ... import __version__
from ..data.readings import Reading
from ..errors import UsageError, explain
from ..events import Point
from ..files import only_plain
from ..preset.imports import ALLOWED
from ..text import clean
from .winner import Winner

FORMAT = 1
LARGEST = 1 << 26
"""Bytes of a `model.json`, at most."""

SKOPS, JOBLIB, FACTS = "model.skops", "model.joblib", "model.json"

_BESIDE = (
    "collections.OrderedDict",
    "functools.partial",
    "numpy.dtype",
    "sklearn.utils.validation.check_array",
    "tunetop.engine.model.date_parts.DateParts",
    "tunetop.engine.problem.date_parts.DateParts",
)
"""What models hold beside classes of the libraries that a preset may name. skops asks for each part by its name, so
that a function such as os.system within a partial is refused all the same."""

_SCORES = ("sklearn.metrics.", "sklearn.feature_selection.")
"""Where functions in models are from: those that a preset may name, and none that reads or writes files."""

_QUESTIONS = ("skrub._dataframe._common.is_", "skrub.selectors._selectors._", "skrub._table_vectorizer._created_by")
"""How functions begin that skrub's TableVectorizer asks columns by, which do no more than answer."""

_MOVED = {"tunetop.engine.problem.date_parts": "tunetop.engine.model.date_parts"}
"""Where what models hold was when older ones were written, and where it is now."""

PICKLE_WARNING = (
    "model.joblib is a pickle: whoever loads it runs whatever is in it. Load it only where nobody else could have "
    "changed it, with the same versions; --format model writes one that is safe to load"
)


class Source(msgspec.Struct, frozen=True):
    """How a file of rows is written, where the preset says so."""

    missing: list[str] = []
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    skip: int | list[int] = 0
    comment: str | None = None
    footer: int = 0
    header: bool = True
    names: list[str] | None = None
    quote: str | None = None
    sheet: str | int | None = None


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What `model.json` says: where a model is from, what it takes and what it gives."""

    format: int
    run: str
    preset: str
    title: str
    method: str
    trial: int
    params: Point
    estimator: str
    task: str
    scoring: str
    cv_score: float | None
    test_score: float | None
    """Of the run's own fit."""
    refitted_score: float | None
    """The same of this fit: another one where the estimator draws without a seed, or versions are others."""
    target: str
    classes: list[str]
    """The labels of the codes 0, 1, … that it predicts; none for numbers."""
    columns: list[Reading]
    """What it takes, in order, and how each is read from text."""
    plain: bool
    """True where it takes one array of numbers; else a DataFrame, its columns by name."""
    source: Source
    data: str
    """SHA-256 over the data that the run had."""
    versions: dict[str, str]
    file: str = ""
    sha256: str = ""
    """Of the model's file."""


def skops_files(winner: Winner) -> Iterator[tuple[str, str | bytes]]:
    """Yield `model.skops` and `model.json`."""
    fitted, skops = winner.fitted(), _skops()
    try:
        content = skops.dumps(fitted)
    except skops.exceptions.UnsupportedTypeException as error:
        told = clean(str(error).rstrip("."), 200)
        raise UsageError(f"export format model: skops writes none of these: {told}; --format joblib does") from None
    yield SKOPS, content
    yield FACTS, _text(facts_of(winner, fitted), SKOPS, content)


def joblib_files(winner: Winner) -> Iterator[tuple[str, str | bytes]]:
    """Yield `model.joblib` and `model.json`."""
    import joblib

    fitted, buffer = winner.fitted(), io.BytesIO()
    joblib.dump(fitted, buffer)
    yield JOBLIB, buffer.getvalue()
    yield FACTS, _text(facts_of(winner, fitted), JOBLIB, buffer.getvalue())


def facts_of(winner: Winner, fitted: Any) -> ModelFacts:
    """Return what is to be known of a winner's fit."""
    problem, info = winner.problem, winner.state.info
    assert info is not None
    preset, trial = problem.preset, winner.trial
    return ModelFacts(
        format=FORMAT,
        run=winner.run,
        preset=info.preset,
        title=preset.title,
        method=winner.method.name,
        trial=trial.number,
        params=dict(trial.params),
        estimator=preset.model.estimator,
        task=problem.task,
        scoring=info.scoring,
        cv_score=winner.state.own(trial.mean),
        test_score=winner.test_score,
        refitted_score=winner.scored(fitted),
        target=target if isinstance(target := preset.data.target, str) else "",
        classes=list(problem.labels) if problem.task == "classification" else [],  # clusters are none of these
        columns=list(problem.readings),
        plain=isinstance(problem.split.train, np.ndarray),
        source=_source_of(winner),
        data=info.fingerprint,
        versions={
            "tunetop": __version__,
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
        },
    )


def _source_of(winner: Winner) -> Source:
    """Return how the data was written, its decimal commas also where the data alone said so."""
    problem = winner.problem
    said: dict[str, Any] = {name: getattr(problem.preset.data, name) for name in Source.__struct_fields__}
    commas = any(one.decimal == "," for one in problem.readings)
    said["decimal"] = said["decimal"] or ("," if commas else None)
    return Source(**said)


def doubts(facts: ModelFacts) -> list[str]:
    """Return what is to be said of a fit that is not the run's own: its test score is another one."""
    recorded, again = facts.test_score, facts.refitted_score
    if recorded is None or again is None or abs(recorded - again) <= 1e-9 * max(1.0, abs(recorded)):
        return []
    why = "the estimator draws at random, or versions are others"
    return [f"its score on the test rows is {again:.6g} now, and was {recorded:.6g}: {why}"]


def _text(facts: ModelFacts, file: str, content: bytes) -> str:
    whole = msgspec.structs.replace(facts, file=file, sha256=hashlib.sha256(content).hexdigest())
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"


def read_facts(path: Path) -> ModelFacts:
    """Return what a `model.json` says; raise `UsageError` where it cannot be read or is none."""
    try:
        with open(path, "rb", opener=only_plain) as file:
            content = file.read(LARGEST)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; it lies beside the model's file") from None
    document: Any = None
    try:
        document = msgspec.json.decode(content)
        facts = msgspec.convert(document, ModelFacts)
    except msgspec.ValidationError as error:
        raise explain(error, document, str(path), ModelFacts) from None
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no description of a model: {clean(error)}") from None
    if facts.format != FORMAT:
        raise UsageError(f"{path}: found format {facts.format}; allowed: {FORMAT}, of this version of tunetop")
    return facts


def read_model(path: Path, facts: ModelFacts, allowed: tuple[str, ...] = ALLOWED) -> Any:
    """Return the estimator in a skops file; raise `UsageError` for anything in it that is not of a known library."""
    if facts.file != SKOPS:
        raise UsageError(
            f"{path.with_name(facts.file or SKOPS)} is not loaded, for that would run whatever is in it; "
            "tunetop export --format model writes one that can be"
        )
    try:
        with open(path, "rb", opener=only_plain) as file:
            content = file.read()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != facts.sha256:
        raise UsageError(f"{path} is not the file that {FACTS} beside it describes; export the model anew")
    library = _skops()
    for old, new in _MOVED.items():
        sys.modules.setdefault(old, importlib.import_module(new))
    try:
        unknown = library.get_untrusted_types(data=content)
        if strange := [name for name in unknown if not _is_known(name, allowed)]:
            shown = ", ".join(clean(name, 80) for name in strange[:5])
            raise UsageError(f"{path} holds {shown}, which no known library has; --allow-import MODULE trusts one")
        return library.loads(content, trusted=unknown)
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - a file from anywhere may break its reader in any way
        raise UsageError(f"{path} cannot be loaded: {clean(f'{type(error).__name__}: {error}', 300)}") from None


def _is_known(name: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether a type is one that models are made of: a class of a library, or a score, that presets may name."""
    if name in _BESIDE or name.startswith(_QUESTIONS):
        return True
    module, _, own = name.rpartition(".")
    if not any(module == root or module.startswith(f"{root}.") for root in allowed):
        return False
    try:
        thing = getattr(importlib.import_module(module), own, None)
        return isinstance(thing, type) or (inspect.isfunction(thing) and module.startswith(_SCORES))
    except ImportError:
        return False


def _skops() -> Any:
    try:
        return importlib.import_module("skops.io")
    except ImportError:
        raise UsageError(
            "--format model needs skops: pip install 'tunetop[model]'; or --format joblib, which is a pickle"
        ) from None
