"""From what TOML can write to what an estimator takes: None, tuples, dictionaries by number, estimators in estimators.

| written | is |
|---|---|
| `"None"` | None |
| `{ class = "sklearn.svm.SVC", params = { C = 10 } }` | that estimator (or kernel, or splitter) |
| `{ function = "numpy.log1p" }` | that function |
| `["lr", { class = … }]` | the pair that ensembles and pipelines list their parts as |
| `{ tuple = [10, 90] }` | a tuple; also a plain list where scikit-learn takes tuples only |
| `{ "0" = 1, "1" = 5 }` | a dictionary whose keys are whole numbers, if all of them are |
| `{ dict = [[0, 1], ["a", 5]] }` | a dictionary with keys of any kind |
| `class_weight = { fraud = 5, legit = 1 }` | weights by the labels that the table has |
| `priors = { fraud = 0.1, legit = 0.9 }` | the list, in the order in which estimators know the classes |
| `pos_label = "fraud"`, `labels = ["a", "b"]` | classes by their labels, for estimators and metrics |

Everything else is what it looks like.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import PresetError, choose, found
from ..preset.imports import Imports
from ..text import clean

_WHOLE = re.compile(r"[+-]?\d+\Z")

_CLASS_WEIGHTS = ("class_weight", "class_weights", "sampling_strategy")
"""Parameters whose keys are labels of classes."""

_PRIORS = ("priors", "class_prior")
"""Parameters that are lists of a number for each class."""

_LABELS = ("pos_label", "labels", "class_names", "constant", "outlier_label")
"""Parameters that are labels of classes."""

_NO_LABELS = {"outlier_label": ("most_frequent",)}
"""Words that stand for something else there."""


@dataclass(frozen=True)
class Values:
    """How one preset's parameters are read: what they may import, and the labels of the classes in order of code."""

    imports: Imports = field(default_factory=Imports)
    classes: tuple[str, ...] = ()
    moved: bool = False
    """Whether the classes are in another order than their labels', for the sake of the positive one."""

    def read(self, value: Any, key: str, name: str = "") -> Any:
        """Return what a value of the parameter `name` means; raise `PresetError`, naming `key`, where it is wrong."""
        own = name.rpartition("__")[2]
        if value == "None":
            return None
        listed = own == "sampling_strategy" and isinstance(value, list)
        if (own in _LABELS or listed) and self.classes and value not in _NO_LABELS.get(own, ()):
            return self._labels(value, key, own)
        if self.moved and own in (*_PRIORS, "class_weights") and isinstance(value, list):
            raise self._in_doubt(value, key, own)
        if isinstance(value, list):
            items = [self.read(item, f"{key}[{index}]", name) for index, item in enumerate(value)]
            return tuple(items) if _is_part(value) else items
        if isinstance(value, dict):
            return self._table(value, key, name)
        return value

    def _table(self, value: Mapping[str, Any], key: str, name: str) -> Any:
        file = self.imports.file
        if "class" in value:
            _only(value, ("class", "params"), key, file)
            return self.estimator(value["class"], value.get("params", {}), key, f"{key}.class", f"{key}.params")
        if list(value) == ["function"]:
            return self.imports.function(_text(value["function"], f"{key}.function", file), f"{key}.function")
        if list(value) == ["tuple"] and isinstance(value["tuple"], list):
            return tuple(self.read(item, f"{key}.tuple[{i}]", name) for i, item in enumerate(value["tuple"]))
        if list(value) == ["dict"]:
            return self._pairs(value["dict"], f"{key}.dict", name)
        items = {label: self.read(item, f"{key}.{label}", name) for label, item in value.items()}
        own = name.rpartition("__")[2]
        if own in _PRIORS:
            return self._by_class(items, key)
        if own in _CLASS_WEIGHTS and self.classes:
            return {self._code(label, f"{key}.{label}"): item for label, item in items.items()}
        if items and all(_WHOLE.match(label) for label in items):
            return {int(label): item for label, item in items.items()}
        return items

    def _pairs(self, pairs: Any, key: str, name: str) -> dict[Any, Any]:
        if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise PresetError(self.imports.file, key, found(pairs), "a list of pairs, such as [[0, 1], [1, 5]]")
        return {
            self.read(label, f"{key}[{i}][0]"): self.read(item, f"{key}[{i}][1]", name)
            for i, (label, item) in enumerate(pairs)
        }

    def _code(self, label: str, key: str) -> int:
        if label not in self.classes and _WHOLE.match(label) and 0 <= int(label) < len(self.classes):
            return int(label)  # data sets that come with codes and with names for them
        if label not in self.classes:
            known = list(self.classes)
            raise PresetError(self.imports.file, key, "there is no such class", ", ".join(known), choose(label, known))
        return self.classes.index(label)

    def _labels(self, value: Any, key: str, own: str) -> Any:
        """Return the codes of labels: of `pos_label` or `constant` one, of `labels` several."""
        if isinstance(value, list):
            return [self._labels(label, f"{key}[{place}]", own) for place, label in enumerate(value)]
        if value is None or isinstance(value, dict):
            return value
        label = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        return self._code(label, key)

    def _by_class(self, items: Mapping[str, Any], key: str) -> list[Any]:
        """Return a value for each class in the order of their codes; as written, where classes are not known yet."""
        by_code = {self._code(label, f"{key}.{label}"): item for label, item in items.items()} if self.classes else {}
        if lacking := [label for code, label in enumerate(self.classes) if code not in by_code]:
            raise PresetError(
                self.imports.file, key, f"nothing for the class {lacking[0]!r}", "each class by its label"
            )
        return [by_code[code] for code in sorted(by_code)] or list(items.values())

    def _in_doubt(self, value: list[Any], key: str, own: str) -> PresetError:
        """Return what to say of a list by class, where the positive class stands behind the other one."""
        labels = self.classes[::-1]
        by_label = ", ".join(f'"{label}" = {item}' for label, item in zip(labels, value, strict=False))
        found_ = f"a list by class, and which comes first is in doubt: {labels[1]!r} stands last, as the positive one"
        return PresetError(self.imports.file, key, found_, f"each by its label: {own} = {{ {by_label} }}")

    def estimator(self, path: Any, params: Any, key: str, class_key: str, params_key: str) -> Any:
        """Return an estimator made of a class's path, or of `python:MODULE:NAME`, and its parameters as written."""
        file = self.imports.file
        path = _text(path, class_key, file)
        if not isinstance(params, dict):
            raise PresetError(file, params_key, found(params), "a table of parameters")
        own = path.startswith("python:")
        if own:
            made = self.imports.own(path, class_key)
        elif class_key == "model.estimator":
            made = self.imports.estimator(path, class_key)
        else:
            made = self.imports.part(path, class_key)
        if own and not callable(made):
            estimator = made
            arguments: dict[str, Any] = {}
        else:
            check_names(made, params, params_key, file)
            plain = {name: value for name, value in params.items() if "__" not in name}
            arguments = {name: self.read(value, f"{params_key}.{name}", name) for name, value in plain.items()}
            estimator = _made(made, _quiet(made) | arguments, path, params_key, file)
        if own and not (hasattr(estimator, "fit") and hasattr(estimator, "get_params")):
            got = f"{path} gives {clean(type(estimator).__name__, 60)}"
            raise PresetError(file, class_key, got, "an estimator, with fit and get_params")
        deeper = {name: value for name, value in params.items() if name not in arguments}
        try:
            return _with_parameters(estimator, self.parameters(estimator, deeper, params_key))
        except (TypeError, ValueError, AttributeError) as error:
            raise PresetError(file, params_key, str(error)) from None

    def parameters(self, estimator: Any, written: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Return what `estimator.set_params` takes for parameters as written, under the names that it knows."""
        return {
            name: as_taken(estimator, name, self.read(value, f"{key}.{name.removeprefix('model__')}", name))
            for name, value in written.items()
        }


def _quiet(kind: Any) -> dict[str, Any]:
    """Return what keeps CatBoost from writing its logs into the current folder, unless the preset says otherwise."""
    library = str(getattr(kind, "__module__", "")).partition(".")[0]
    return {"allow_writing_files": False} if library == "catboost" and hasattr(kind, "fit") else {}


def _with_parameters(estimator: Any, parameters: Mapping[str, Any]) -> Any:
    """Set parameters, and lists as tuples among those that the estimator was made with."""
    if not hasattr(estimator, "get_params"):
        return estimator  # a splitter
    listed = {
        name: taken
        for name, value in estimator.get_params(deep=False).items()
        if isinstance(value, list) and (taken := as_taken(estimator, name, value)) is not value
    }
    return estimator.set_params(**listed, **parameters) if listed or parameters else estimator


def _made(kind: Any, arguments: Mapping[str, Any], path: str, key: str, file: str) -> Any:
    try:
        return kind(**arguments)
    except TypeError as error:
        lacking = [name for name in required(kind) if name not in arguments]
        if not lacking:
            raise PresetError(file, key, str(error)) from None
        example = EXAMPLES.get(lacking[0], '{ class = "sklearn.svm.SVC" }')
        name = path.rpartition(".")[2]
        raise PresetError(
            file, f"{key}.{lacking[0]}", f"missing, and {name} needs it", f"{lacking[0]} = {example}"
        ) from None
    except Exception as error:  # noqa: BLE001 - a constructor of somebody's may throw what it likes
        raise PresetError(file, key, f"{path}: {type(error).__name__}: {error}") from None


EXAMPLES = {
    "estimators": '[["a", { class = "sklearn.svm.SVC" }], ["b", { class = "sklearn.naive_bayes.GaussianNB" }]]',
    "steps": '[["scale", { class = "sklearn.preprocessing.StandardScaler" }], '
    '["model", { class = "sklearn.svm.SVC" }]]; or write the model as estimator and the steps as prepare',
}


def required(kind: Any) -> list[str]:
    """Return the names of the parameters that a class or function cannot do without."""
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]


def known_names(kind: Any) -> tuple[list[str], bool]:
    """Return the parameters' names of a class or function, and whether it takes others as well.

    Those of all bases count: xgboost's classes name theirs there.
    """
    names: dict[str, None] = {}
    open_ended = False
    for place, base in enumerate(kind.__mro__ if isinstance(kind, type) else (kind,)):
        made = base.__dict__.get("__init__") if isinstance(kind, type) else base
        if made is None or base is object:
            continue
        try:
            parameters = list(inspect.signature(made).parameters.values())[isinstance(kind, type) :]
        except (TypeError, ValueError):
            continue
        names |= dict.fromkeys(p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL))
        passes_on = any(p.kind == p.VAR_KEYWORD for p in parameters)
        open_ended = open_ended or passes_on
        if not passes_on and (names or place == 0):
            break
    return list(names), open_ended


def check_names(kind: Any, params: Mapping[str, Any], key: str, file: str) -> None:
    """Raise `PresetError` for a parameter that a class or function does not have."""
    known, open_ended = known_names(kind)
    for name in params:
        own, _, deeper = name.partition("__")
        if own in known or (deeper and not isinstance(kind, type)):
            continue
        if not open_ended:
            raise PresetError(file, f"{key}.{name}", "no such parameter", ", ".join(known), choose(own, known))
        check_open_name(name, known, f"{key}.{name}", file)


def check_open_name(name: str, known: list[str], key: str, file: str) -> None:
    """Raise `PresetError` for a misspelt parameter of a library that takes parameters which its classes do not name."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
    if near:
        raise PresetError(file, key, "no such parameter", f"{near[0]}, or one of the library's own", choose(name, near))


def as_taken(estimator: Any, name: str, value: Any) -> Any:
    """Return a list as a tuple where scikit-learn's own rules for that parameter take tuples and no lists.

    xgboost takes a sign a column as a tuple, and columns by their places as text alone.
    """
    if not isinstance(value, list):
        return value
    owner, _, own = name.rpartition("__")
    holder = estimator.get_params().get(owner) if owner else estimator
    if type(holder).__module__.startswith("xgboost."):
        by_place = own == "interaction_constraints" and not any(
            isinstance(name, str) for part in value for name in part
        )
        return tuple(value) if own == "monotone_constraints" else str(value) if by_place else value
    rules = getattr(holder, "_parameter_constraints", None)
    rule = rules.get(own) if isinstance(rules, dict) else None
    if rule is None or isinstance(rule, str):
        return value
    return tuple(value) if not allows(rule, value) and allows(rule, tuple(value)) else value


def allows(rule: Any, value: Any) -> bool:
    """Tell whether one of scikit-learn's constraints for a parameter takes a value."""
    from sklearn.utils._param_validation import make_constraint

    return any(make_constraint(one).is_satisfied_by(value) for one in rule)


def canonical(value: Any) -> str:
    """Return a value as text that is the same for equal values only, estimators with all their parameters."""
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({','.join(map(canonical, value))})"
    if isinstance(value, dict):
        items = sorted(f"{canonical(key)}:{canonical(item)}" for key, item in value.items())
        return f"{{{','.join(items)}}}"
    if hasattr(value, "get_params") and not isinstance(value, type):
        kind = type(value)
        return f"{kind.__module__}.{kind.__qualname__}{canonical(value.get_params(deep=False))}"
    return repr(value)


def _is_part(value: list[Any]) -> bool:
    """Tell whether a list stands for a pair or triple such as ("lr", LogisticRegression())."""
    return len(value) in (2, 3) and isinstance(value[0], str) and isinstance(value[1], dict) and "class" in value[1]


def _only(table: Mapping[str, Any], allowed: tuple[str, ...], key: str, file: str) -> None:
    for name in table:
        if name not in allowed:
            raise PresetError(file, f"{key}.{name}", "no such key", ", ".join(allowed), choose(name, list(allowed)))


def _text(value: Any, key: str, file: str) -> str:
    if not isinstance(value, str):
        raise PresetError(file, key, found(value), "an import path such as sklearn.svm.SVC")
    return value
