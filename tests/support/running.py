"""Runs for tests: real pool, real journal, small presets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from tunetop.engine.preset.preset import Preset, load, parse
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.record.store import Store
from tunetop.engine.run.conductor import Run
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.engine.state import MethodState, RunState, TrialState

LONG = 900.0
"""Seconds after which a run that should have ended is given up."""

TREE = """
title = "Small tree"
[data]
source = "sklearn:iris"
test_size = 0.3
stratify = true
seed = 1
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = { random_state = 0 }
[space]
max_depth = { linear = [1, 8], integer = true, grid = [1, 2, 3] }
min_impurity_decrease = { log = [1e-4, 1e-1], grid = [1e-3, 1e-2] }
criterion = ["gini", "entropy"]
[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "grid"
[[method]]
kind = "random"
trials = 12
seed = 3
[[method]]
kind = "refine"
draws = 6
seed = 5
"""


def preset_of(text: str, folder: Path, name: str = "small.toml") -> Preset:
    """Return a preset from text, as if it lay in `folder`."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load(path)


def finish(run: Run) -> RunState:
    """Wait for a run's end and return what its journal says."""
    assert run.finished.wait(LONG), "the run did not end"
    return load_state(run.folder)[0]


def run_through(preset: Preset, root: Path, **options: object) -> RunState:
    """Run a preset to its end and return what its journal says."""
    return finish(launch(preset, Store(root), RunOptions(**options)))  # type: ignore[arg-type]


def in_order(method: MethodState) -> list[TrialState]:
    """Return a method's trials by number: what is reused finishes ahead of what still runs, and so may come first."""
    return [trial for _, trial in sorted(method.trials.items())]


def trials_of(state: RunState) -> dict[str, list[tuple[object, ...]]]:
    """Return what must be the same however a run was carried out: each method's trials, scores and winner."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for method in state.methods.values():
        rows: list[tuple[object, ...]] = [
            (trial.number, tuple(trial.params.items()), trial.phase, tuple(trial.scores), trial.error)
            for trial in in_order(method)
        ]
        result = method.result
        rows.append(("winner", result.best if result else None, method.test_score))
        found[method.name] = rows
    return found


def wait_until(condition: Callable[[], object], seconds: float = 300.0, every: float = 0.005) -> None:
    """Wait for a condition, looking `every` so many seconds; fail after `seconds` of pauses, whatever comes between."""
    pause = threading.Event()
    waited = 0.0
    while not condition():
        assert waited < seconds, "what was waited for did not come"
        pause.wait(every)
        waited += every


__all__ = ["LONG", "TREE", "RunFolder", "finish", "parse", "preset_of", "run_through", "trials_of", "wait_until"]


SHORT = """
title = "A short run"
[data]
source = "sklearn:iris"
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = { random_state = 0 }
[space]
max_depth = { linear = [1, 8], integer = true, grid = [1, 3] }
[score]
scoring = "accuracy"
folds = 2
[[method]]
kind = "grid"
"""


SLOW = TREE.replace('"sklearn.tree.DecisionTreeClassifier"', '"failing_estimators.Slow"').replace(
    "random_state = 0", "random_state = 0, seconds = 0.05"
)
"""As TREE, with fits that take a twentieth of a second."""


def locked(gate: Path, only: str = "") -> str:
    """Return TREE with fits that wait for a file: see `failing_estimators.Locked`."""
    return TREE.replace("sklearn.tree.DecisionTreeClassifier", "failing_estimators.Locked").replace(
        "random_state = 0", f'random_state = 0, gate = "{gate}", only = "{only}"'
    )


TRUSTED = ("failing_estimators",)


BRISK = TREE.replace('"sklearn.tree.DecisionTreeClassifier"', '"failing_estimators.Slow"').replace(
    "random_state = 0", "random_state = 0, seconds = 0.02"
)


def troubles(*names: str, extra: str = "", mark: str = "", timeout: str = "") -> str:
    choices = ", ".join(f'"{name}"' for name in ("", *names))
    return f"""
title = "Troubled"
[data]
source = "sklearn:iris"
stratify = true
[model]
estimator = "failing_estimators.Troubled"
params = {{ random_state = 0, mark = "{mark}" }}
[space]
trouble = [{choices}]
max_depth = {{ linear = [1, 4], integer = true, grid = [1, 2, 3, 4] }}
[score]
scoring = "accuracy"
folds = 3
{timeout}
{extra}
[[method]]
kind = "grid"
"""
