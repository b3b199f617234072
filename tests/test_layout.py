"""The rooms and their arrows: who may import whom, counted wherever an import stands, in a function or for types alone.

The chains are data. What is not as it should be yet is listed as data too, and may only become less.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ENGINE = (
    "tournament",
    "run",
    "export",
    "trials",
    "verdict workers",
    "problem",
    "scoring",
    "data",
    "model",
    "preset",
    "search record",
    "space",
    "state",
    "events",
)
"""From top to bottom, rooms of equal height in one word: each imports from below it alone."""

BESIDE = {"recorders": {"sources", "record", "state", "events"}, "sources": {"record", "state", "events"}}
"""The rooms of the engine that stand beside the chain: searches of other programs, which need nothing of a run's."""

WORDS = {"errors", "text", "files", "statistics"}
"""Loose files that every room speaks; among themselves in this order: statistics, files, errors, text."""

TUI = ("cli", "app", "screens", "widgets", "views", "trials", "render sessions terminal")

LOOSE = {"keys", "background", "settings"}

NOT_YET: set[tuple[str, str]] = set()
"""Arrows against the chain that are still there."""

LAZY = {
    "engine.export.formats": "winners are fitted with scikit-learn, and only where somebody asks for one",
    "engine.preset.method_options": "the fold race needs numpy, and presets are parsed before the first paint",
    "engine.run.launch": "worker processes are begun by a run, not by whoever can begin one",
    "engine.search.bayes": "the search needs numpy, and the catalog is read before the first paint",
    "engine.verdict.judge": "tests and corrections need numpy and scipy, words do not",
    "engine.workers": "what a worker needs is imported in the worker, or in the process that makes workers",
    "engine.sources": "a source loads its library when somebody opens one",
    "engine.recorders": "a recorder loads what it records when that is there, and nothing before",
    "tui.app": "the first paint needs one screen alone, and neither views nor what runs are made of",
    "tui.cli": "a command imports what it does when it does it; the picker, nothing of theirs",
    "tui.screens.comparison": "verdict and bars need scipy and numpy, and come once they are worked out",
    "tui.screens.picker": "the picker paints from titles alone; parsing presets needs numpy",
    "tui.screens.side_by_side": "runs are read and compared in a thread, with numpy and scipy",
    "tui.screens.tournament": "comparisons and curves need scipy and numpy, and come with the first seed",
    "tui.screens.outputs": "what is exported or copied is made in threads, by the engine",
    "tui.settings": "what writes them is imported once something is changed",
    "tui.sessions.artefacts": "export, verdict and presets need numpy and scipy, and are for threads",
}
"""Who imports parts of the engine in functions only, and why; of a room: all its files."""


@cache
def modules() -> dict[str, Path]:
    """Return the product's files by module name, `tunetop` left out."""
    found = {}
    for room in ("engine", "tui"):
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def called(node: ast.Call) -> str:
    """Return the last word of what is called, empty for what has none."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def imports(name: str, nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the product's modules that these parts of a module import."""
    known, path = modules(), modules()[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in nodes:
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "tunetop" for alias in node.names):
            raise AssertionError(f"{name}:{node.lineno}: the product imports itself by relative names alone")
        if isinstance(node, ast.Call) and called(node).endswith("import_module"):
            named = node.args[0] if node.args else None
            if isinstance(named, ast.Constant) and str(named.value).startswith((".", "tunetop")):
                raise AssertionError(f"{name}:{node.lineno}: an import of the product that nobody counts")
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("tunetop")):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *(node.module or "").split(".")]).strip(".").removeprefix("tunetop.")
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                if whole in known or base in known:
                    yield whole if whole in known else base


@cache
def nodes_of(name: str) -> list[ast.AST]:
    """Return all nodes of a module, which is read once for all that is asked of it."""
    return list(ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8"))))


@cache
def arrows() -> dict[str, frozenset[str]]:
    return {name: frozenset(imports(name, nodes_of(name))) - {name} for name in modules()}


def room_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def allowed() -> dict[str, set[str]]:
    """Return for each room the rooms that it may import from."""
    words = {f"engine.{word}" for word in WORDS} | {"engine"}
    found: dict[str, set[str]] = {}
    for prefix, chain, always in (
        ("engine", ENGINE, words),
        ("tui", TUI, {"engine"} | {f"tui.{one}" for one in LOOSE}),
    ):
        for height, level in enumerate(chain):
            below = {f"{prefix}.{room}" for lower in chain[height + 1 :] for room in lower.split()}
            found |= {f"{prefix}.{room}": below | always for room in level.split()}
    found |= {f"engine.{room}": {f"engine.{other}" for other in others} | words for room, others in BESIDE.items()}
    found |= {f"tui.{one}": {"engine"} for one in LOOSE}
    order = ["engine.statistics", "engine.files", "engine.errors", "engine.text"]
    found |= {word: set(order[place + 1 :]) for place, word in enumerate(order)}
    return found


def test_arrows_point_down_the_chains() -> None:
    may, wrong = allowed(), set()
    for module, others in arrows().items():
        room = room_of(module)
        for other in {room_of(other) for other in others} - {room}:
            target = "engine" if room.startswith("tui") and other.startswith("engine") else other
            if target not in may.get(room, set()) and (room, other) not in NOT_YET:
                wrong.add((module, other))
    assert not wrong


def test_every_file_is_in_a_room_and_few_are_loose() -> None:
    rooms = set(allowed()) | {"engine", "tui"}
    assert {room_of(module) for module in modules()} <= rooms
    for room, most in (("engine", 8), ("tui", 3)):
        loose = [path.name for path in (ROOT / room).glob("*.py") if path.name != "__init__.py"]
        assert len(loose) <= most, loose


def circles() -> list[set[str]]:
    """Return the strongly connected parts of the imports (Tarjan 1972) that are more than one file."""
    seen: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(module: str) -> None:
        seen[module] = lowest[module] = len(seen)
        stack.append(module)
        for other in sorted(arrows()[module]):
            if other not in seen:
                visit(other)
            if other in stack:
                lowest[module] = min(lowest[module], lowest[other])
        if lowest[module] == seen[module]:
            part = set(stack[stack.index(module) :])
            del stack[stack.index(module) :]
            if len(part) > 1:
                found.append(part)

    for module in sorted(arrows()):
        if module not in seen:
            visit(module)
    return found


def test_imports_go_round_in_no_circle() -> None:
    assert not circles()


def test_what_is_imported_late_has_a_reason() -> None:
    late = set()
    for module in modules():
        functions = [node for node in nodes_of(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        if any(list(imports(module, ast.walk(function))) for function in functions):
            parts = module.split(".")
            rooms = [".".join(parts[:depth]) for depth in range(len(parts), 1, -1)]
            late.add(next((room for room in rooms if room in LAZY), module))
    assert late <= set(LAZY)


CHANGES = {"append", "extend", "insert", "remove", "pop", "clear", "discard", "update", "setdefault", "popitem", "sort"}
"""Methods of lists, dictionaries and sets that change them."""


@pytest.mark.parametrize("path", sorted((ROOT / "engine" / "run").glob("*.py")), ids=lambda path: path.name)
def test_the_objects_of_a_run_change_their_own_fields_alone(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        changed = None
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            changed = node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            changed = node.func.value
        while isinstance(changed, ast.Subscript):
            changed = changed.value
        if isinstance(changed, ast.Attribute) and ast.unparse(changed.value) != "self":
            pytest.fail(f"{path.name}:{node.lineno} changes {ast.unparse(changed)}")
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("setattr", "delattr", "object.__setattr__"):
            pytest.fail(f"{path.name}:{node.lineno} changes a field by its name")


Class = tuple[str, str]
"""A class by its module and its name: several modules have one of the same name."""


@cache
def classes() -> dict[Class, ast.ClassDef]:
    """Return all classes of the product."""
    return {
        (module, node.name): node for module in modules() for node in nodes_of(module) if isinstance(node, ast.ClassDef)
    }


@cache
def known_in(module: str) -> dict[str, Class]:
    """Return the classes that a module knows by a name: its own, and those that it imports."""
    found: dict[str, Class] = {}
    for node in nodes_of(module):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                for other in imports(module, [node]):
                    if (other, alias.name) in classes():
                        found[alias.asname or alias.name] = (other, alias.name)
    return found | {name: (owner, name) for owner, name in classes() if owner == module}


def bases_of(one: Class) -> list[Class]:
    """Return a class's bases, as far as they are the product's."""
    named = [ast.unparse(base).split("[")[0].split(".")[-1] for base in classes()[one].bases]
    known = known_in(one[0])
    return [known[name] for name in named if name in known and known[name] != one]


def lines_with_bases(one: Class) -> int:
    """Return the lines of a class, those of its bases counted."""
    node = classes()[one]
    return (node.end_lineno or 0) - node.lineno + 1 + sum(map(lines_with_bases, bases_of(one)))


def every_base(one: Class) -> set[Class]:
    """Return a class's bases, theirs, and so on."""
    found = set(bases_of(one))
    return found.union(*map(every_base, found))


def documented(one: Class) -> set[str]:
    """Return the public methods of a class that have a docstring."""
    methods = [node for node in classes()[one].body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name for node in methods if ast.get_docstring(node)}


def test_only_what_a_key_does_or_a_base_explains_may_go_without_a_docstring() -> None:
    silent = {
        (one, node.name)
        for one, owner in classes().items()
        if not one[1].startswith("_")
        for node in owner.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
        if node.name not in documented(one).union(*map(documented, every_base(one)))
    }
    of_keys = {(one, name) for one, name in silent if one[0].startswith("tui") and name.startswith("action_")}
    assert silent - of_keys == set()


def test_no_class_is_sawn_apart_nor_larger_than_a_page_can_hold() -> None:
    assert {one: lines for one in classes() if (lines := lines_with_bases(one)) > 350} == {}


def test_files_and_functions_can_be_read_at_once() -> None:
    longest, functions = {}, {}
    for name, path in modules().items():
        longest[name] = len(path.read_text(encoding="utf-8").splitlines())
        for node in nodes_of(name):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions[f"{name}.{node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    assert {name: lines for name, lines in longest.items() if lines > 400} == {}
    assert {name: lines for name, lines in functions.items() if lines > 60} == {}


def declared(node: ast.ClassDef) -> set[str]:
    """Return the attributes that a class declares: with a type in its body, or as it is made, of itself."""
    found = set()
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and part.value is None:
            found.add(part.target.id)
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            stored = [
                one for one in ast.walk(part) if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)
            ]
            found |= {one.attr for one in stored if isinstance(one.value, ast.Name) and one.value.id == "self"}
    return found


def test_no_attribute_is_declared_twice_in_a_class_and_its_bases() -> None:
    twice = {
        (one, base, attribute)
        for one in classes()
        for base in every_base(one)
        for attribute in declared(classes()[one]) & declared(classes()[base])
    }
    assert twice == set()


@pytest.mark.parametrize("room", ["app", "screens"])
def test_app_and_screens_know_what_they_ask_of_each_other(room: str) -> None:
    for path in sorted((ROOT / "tui" / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                literal = len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
                assert not (node.func.id in ("getattr", "hasattr") and literal), f"{path.name}:{node.lineno}"
                assert node.func.id != "cast", f"{path.name}:{node.lineno}"
