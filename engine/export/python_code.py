"""Values and estimators as Python code that makes them again, whatever text is in them (source generation).

Strings come out through `repr`, which escapes what is not printable, so no text of a preset or table ends its quotes.
An estimator is written as its class called with those parameters that are not its defaults, its parts likewise.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import keyword
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import UsageError
from ..model.values import canonical
from ..preset.imports import EXPERIMENTAL
from ..text import clean, is_harmless

WIDTH = 110

ALIASES = {"numpy": "np", "pandas": "pd"}
"""Modules that everybody calls so."""

RESERVED = frozenset(
    {
        "np",
        "pd",
        "sys",
        "X",
        "y",
        "cv",
        "frame",
        "data",
        "model",
        "scores",
        "scorer",
        "fitted",
        "train",
        "test",
        "order",
    }
    | {"groups", "time", "weight", "predefined", "texts", "date_parts"}
)
"""Names that scripts have for things of their own."""


def as_python(values: Mapping[str, Any]) -> str:
    """Return a dict as Python code that needs no import: infinity is written `float("inf")`."""
    return literal(dict(values))


def literal(value: Any) -> str:
    """Return a plain value as Python code on one line: None, flags, numbers, text, and lists, tuples, dicts of such."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, list | tuple):
        inside = ", ".join(map(literal, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return _quoted(str(value))  # of a subclass the text alone
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    raise UsageError(f"{clean(type(value).__name__, 60)} cannot be written as Python code")


def _quoted(text: str) -> str:
    shown = repr(text)
    if not is_harmless(shown):
        shown = ascii(text)
    return f'"{shown[1:-1]}"' if '"' not in text and "'" not in text else shown


@dataclass(frozen=True)
class Call:
    """Something with parts in brackets, which is laid out on several lines where one is too short."""

    head: str
    parts: Sequence[tuple[str, Node]]
    """What stands before each part, such as `name=`, and the part."""
    tail: str


Node = str | Call


def laid_out(node: Node, indent: int = 0, used: int = 0) -> str:
    """Return code, its brackets opened where a line would be longer than `WIDTH`; `used` columns stand before it."""
    line = _one_line(node)
    if isinstance(node, str) or not node.parts or indent + used + len(line) <= WIDTH:
        return line
    inner = " " * (indent + 4)
    parts = "".join(f"{inner}{before}{laid_out(part, indent + 4, len(before) + 1)},\n" for before, part in node.parts)
    return f"{node.head}\n{parts}{' ' * indent}{node.tail}"


def _one_line(node: Node) -> str:
    if isinstance(node, str):
        return node
    inside = ", ".join(f"{before}{_one_line(part)}" for before, part in node.parts)
    comma = "," if node.head == "(" and len(node.parts) == 1 else ""
    return f"{node.head}{inside}{comma}{node.tail}"


@dataclass
class Code:
    """Code in the making, and what it imports."""

    names: dict[str, str] = field(default_factory=dict)
    """Name -> the module that it comes from."""
    modules: set[str] = field(default_factory=set)
    """Modules imported whole: those with a short name, and others for names that are taken."""
    replaced: Mapping[type, Callable[[Any], Node]] = field(default_factory=dict)
    """Classes that are written in another way, and how."""

    def imports(self) -> str:
        """Return the import statements, sorted."""
        by_module: dict[str, list[str]] = {}
        for name, module in self.names.items():
            by_module.setdefault(module, []).append(name)
        short = {module: f" as {name}" for module, name in ALIASES.items()}
        lines = [f"import {module}{short.get(module, '')}" for module in sorted(self.modules)]
        lines += [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(by_module.items())]
        return "\n".join(lines)

    def name(self, module: str, name: str) -> str:
        """Return what a name of a module is called in this code, imported."""
        first = name.partition(".")[0]
        if module.startswith("sklearn.") and name in EXPERIMENTAL:
            self.names[EXPERIMENTAL[name]] = "sklearn.experimental"  # sorted, it comes before what it makes known
        if module in ALIASES:
            self.modules.add(module)
            return f"{ALIASES[module]}.{name}"
        if first not in RESERVED and self.names.setdefault(first, module) == module:
            return name
        self.modules.add(module)
        return f"{module}.{name}"

    def of(self, value: Any) -> Node:
        """Return the code of a value: plain, an estimator, a function, or a class; `UsageError` for anything else."""
        if value is None or isinstance(value, str | bool | int | float | np.generic):
            return literal(value)
        if type(value) in self.replaced:
            return self.replaced[type(value)](value)
        if isinstance(value, list | tuple):
            brackets = ("[", "]") if isinstance(value, list) else ("(", ")")
            return Call(brackets[0], [("", self.of(item)) for item in value], brackets[1])
        if isinstance(value, dict):
            return Call("{", [(f"{_one_line(self.of(key))}: ", self.of(item)) for key, item in value.items()], "}")
        if isinstance(value, np.ndarray):
            return Call(f"{self.name('numpy', 'array')}(", [("", self.of(value.tolist()))], ")")
        if isinstance(value, type) or (callable(value) and hasattr(value, "__name__") and not hasattr(value, "fit")):
            return self._of_name(value)
        if hasattr(value, "get_params") or hasattr(value, "split"):
            return self._of_object(value)
        return literal(value)

    def _of_name(self, thing: Any) -> str:
        module = getattr(thing, "__module__", None) or ("numpy" if isinstance(thing, np.ufunc) else "")
        name = getattr(thing, "__qualname__", thing.__name__)
        if isinstance(thing, np.ufunc) and getattr(np, name, None) is not thing:
            module = "scipy.special"
        home = public_home(module, name, thing)
        if home is None:
            raise UsageError(f"{clean(name, 60)} cannot be written as Python code: it has no name to import it by")
        return self.name(home, name)

    def _of_object(self, thing: Any) -> Node:
        parts: list[tuple[str, Node]] = []
        odd: dict[str, Any] = {}
        for name, value in _parameters(thing):
            if name.isidentifier() and not keyword.iskeyword(name):
                parts.append((f"{name}=", self.of(value)))
            else:
                odd[name] = value
        if odd:
            parts.append(("**", self.of(odd)))
        if [before for before, _ in parts[:1]] in (["steps="], ["transformers="]):
            parts[0] = ("", parts[0][1])
        output = getattr(thing, "_sklearn_output_config", {}).get("transform")
        tail = f").set_output(transform={literal(output)})" if output else ")"
        return Call(f"{self._of_name(type(thing))}(", parts, tail)


def public_home(module: str, name: str, thing: Any) -> str | None:
    """Return the shortest module that has a thing by that name: that of `sklearn.svm._classes.SVC` is sklearn.svm."""
    if not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        return None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        home = ".".join(parts[:depth])
        try:
            found: Any = importlib.import_module(home)
            for part in name.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError):
            continue
        if found is thing:
            return home
    return None


def _parameters(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parameters of an estimator, kernel or splitter that are not its defaults, in its own order."""
    defaults: dict[str, Any] = {}
    with contextlib.suppress(TypeError, ValueError):
        defaults = {name: one.default for name, one in inspect.signature(type(thing)).parameters.items()}
    if hasattr(thing, "get_params"):
        given = thing.get_params(deep=False)
    else:
        # splitters: repeated ones keep what they hand on apart
        given = {name: getattr(thing, name) for name in defaults if hasattr(thing, name)} | getattr(thing, "cvargs", {})
        defaults.pop("n_splits", None)
    for name in [*(name for name in given if name not in defaults), *(name for name in defaults if name in given)]:
        value = given[name]
        unset = name not in defaults and value is None
        if not unset and (name not in defaults or canonical(defaults[name]) != canonical(value)):
            yield name, value
