"""The problems of the search benchmark: real tuning tasks, interpolated from tables, and synthetic functions.

Greater is better everywhere. `TASKS` come from `tabulate.py`; between grid points they are interpolated linearly along
ranges, so that the optimum is the best grid point. `SYNTHETIC` have known optima; their `noise` is what is added to
a score when it is told, never to the value by which a search is judged. `UNSEEN` were kept out of the first tuning of
`bayes`; `MORE` are of other kinds (networks on grids, SVMs, pipelines with bundles, many dimensions). Every second
problem of these is in `DESIGN`, the others in `REPORT`. `FRESH` were tabulated before the last change of `bayes`,
the mean that falls towards the edges.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tunetop.engine.space.space import Choice, Dimension, Space

DATA = Path(__file__).parent / "data"
Point = Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """A function to maximise: its space, its true value at a point (NaN: the trial fails), its greatest value."""

    name: str
    space: Space
    value: Callable[[Point], float]
    optimum: float
    noise: float = 0.0


def real(name: str, low: float, high: float, n: int | None = None) -> Dimension:
    """Return a linear range."""
    return Dimension(name, "linear", low, high, steps=n)


def log(name: str, low: float, high: float, integer: bool = False) -> Dimension:
    """Return a log range."""
    return Dimension(name, "log", low, high, integer=integer)


def whole(name: str, low: int, high: int) -> Dimension:
    """Return a linear range of whole numbers."""
    return Dimension(name, "linear", low, high, integer=True)


def choice(name: str, *values: Any, ordered: bool = False) -> Dimension:
    """Return a list of choices."""
    return Dimension(name, "choice", choices=tuple(Choice.of(name, value) for value in values), ordered=ordered)


# Real tasks


_BUNDLES = {
    "penalty": {
        "l1": {"l1_ratio": 1.0},
        "l2": {"l1_ratio": 0.0},
        "elasticnet": {"l1_ratio": 0.5},
        "none": {"C": math.inf},
    }
}


class Table:
    """Scores on a grid, interpolated along its ranges and looked up along its choices."""

    def __init__(self, name: str) -> None:
        with np.load(DATA / f"{name}.npz") as file:
            self.scores, about = file["scores"], json.loads(str(file["about"]))
        self.axes = about["axes"]
        self.optimum = float(np.nanmax(self.scores))

    def space(self, stepped: bool) -> Space:
        """Return the space of the table; as a finite one of the grid's values if `stepped`."""
        return Space(tuple(self._dimension(axis, stepped) for axis in self.axes))

    def _dimension(self, axis: dict[str, Any], stepped: bool) -> Dimension:
        name, values = axis["name"], axis["values"]
        if axis["scale"] == "choice":
            bundles = axis.get("bundles") or _BUNDLES.get(name, {})
            choices = tuple(Choice(value, bundles.get(value, {name: value})) for value in values)
            return Dimension(name, "choice", choices=choices, ordered=axis["ordered"])
        steps = len(values) if stepped and not axis["integer"] else None
        return Dimension(name, axis["scale"], min(values), max(values), integer=axis["integer"], steps=steps)

    def value(self, point: Point) -> float:
        """Return the interpolated score."""
        scores = self.scores
        for axis in self.axes:
            values, wanted = axis["values"], point[axis["name"]]
            if axis["scale"] == "choice":
                scores = scores[values.index(wanted)]
                continue
            scale = np.log if axis["scale"] == "log" else np.asarray
            position = float(np.interp(scale(wanted), scale(values), np.arange(len(values))))
            left = min(int(position), len(values) - 2)
            share = round(position - left, 9)
            scores = scores[left] if share == 0 else scores[left] * (1 - share) + scores[left + 1] * share
        return float(scores)


def _task(name: str, stepped: bool = False, noise: float = 0.0) -> Callable[[], Problem]:
    def load() -> Problem:
        table = Table(name)
        return Problem(name, table.space(stepped), table.value, table.optimum, noise)

    return load


# Synthetic functions


def _vector(point: Point) -> np.ndarray:
    return np.array([value for value in point.values() if not isinstance(value, str)], dtype=float)


def _branin(point: Point) -> float:
    x, y = point["x"], point["y"]
    bowl = (y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2
    return -(bowl + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


_HARTMANN_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
_HARTMANN3 = (
    np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]]),
    1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]),
)
_HARTMANN6 = (
    np.array(
        [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
    ),
    1e-4
    * np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    ),
)


def _hartmann(parameters: tuple[np.ndarray, np.ndarray]) -> Callable[[Point], float]:
    scales, centres = parameters
    return lambda p: float(_HARTMANN_WEIGHTS @ np.exp(-np.sum(scales * (_vector(p) - centres) ** 2, axis=1)))


def _hartmann_of_20(point: Point) -> float:
    """Six of twenty dimensions matter."""
    return _hartmann(_HARTMANN6)({f"x{index}": point[f"x{3 * index}"] for index in range(6)})


def _settings(point: Point) -> float:
    """Fifteen hyperparameters of falling weight, ordered, unordered, whole and real, most of them near the best."""
    lost = (math.log10(point["rate"]) + 3.2) ** 2 + 0.15 * (point["kind"] != "b") + 0.1 * (point["mode"] != "q")
    for index in range(6):
        lost += 0.5**index * (point[f"x{index}"] - 0.25 - 0.1 * index) ** 2
    for index in range(6):
        lost += 0.02 * 0.7**index * abs(point[f"n{index}"] - (index % 4))
    return -lost


def _ackley(point: Point) -> float:
    z = _vector(point) - np.array([3.1, -7.3, 10.7, 0.9, -2.2])[: len(point)]
    waves = math.exp(np.mean(np.cos(2 * math.pi * z)))
    return 20 * math.exp(-0.2 * math.sqrt(np.mean(z * z))) + waves - 20 - math.e


def _rosenbrock(point: Point) -> float:
    x = _vector(point)
    return -float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


def _levy(point: Point) -> float:
    w = 1 + (_vector(point) - 1) / 4
    middle = np.sum((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2))
    last = (w[-1] - 1) ** 2 * (1 + np.sin(2 * math.pi * w[-1]) ** 2)
    return -float(np.sin(math.pi * w[0]) ** 2 + middle + last)


def _styblinski_tang(point: Point) -> float:
    x = _vector(point)
    return -float(np.sum(x**4 - 16 * x**2 + 5 * x)) / 2


def _training(point: Point) -> float:
    """A learning curve's end: diverges above a learning rate that depends on the batch, too slow below it."""
    rate, batch, decay = math.log10(point["rate"]), math.log2(point["batch"]), math.log10(point["decay"])
    best_rate = -2.6 + 0.15 * (batch - 6)
    off = rate - best_rate
    slow = 0.05 * off * off if off < 0 else 0.4 * off * off
    return 0.95 - min(0.85, slow + 0.02 * (decay + 3.5) ** 2 / (1 + (decay + 3.5) ** 2) + 0.004 * (batch - 5) ** 2)


_KIND_GAIN = {"relu": 0.0, "tanh": -0.15, "logistic": -0.9, "identity": -1.4}
_KIND_RATE = {"relu": -2.7, "tanh": -2.0, "logistic": -1.2, "identity": -3.2}


def _network(point: Point) -> float:
    """A network's score: the best learning rate depends on the activation, the best width on the depth."""
    gain, rate = _KIND_GAIN[point["activation"]], math.log10(point["rate"]) - _KIND_RATE[point["activation"]]
    width = math.log2(point["width"]) - (8.2 - 0.7 * point["depth"])
    dropout = point["dropout"] - 0.07 * point["depth"]
    return gain - 0.7 * rate * rate - 0.12 * width * width - 3.0 * dropout * dropout - 0.15 * abs(point["depth"] - 3)


_FAMILIES = {
    "a": (0.2, 0.8, 1.0),
    "b": (0.7, 0.3, 0.8),
    "c": (0.5, 0.5, 0.3),
    "d": (0.9, 0.9, 0.95),
    "e": (0.1, 0.1, 0.5),
}


def _families(point: Point) -> float:
    """A mixture of a bump a family; a second choice scales it; some combinations fail."""
    if (point["family"], point["mode"]) in {("a", "fast"), ("e", "fast"), ("c", "exact")}:
        return math.nan
    x, y, height = _FAMILIES[point["family"]]
    factor = {"fast": 0.9, "plain": 1.0, "exact": 0.97}[point["mode"]]
    squares = (point["x"] - x) ** 2 / 0.05 + (point["y"] - y) ** 2 / 0.15
    return factor * height * math.exp(-squares) + 0.1 * point["y"]


def _shekel(point: Point) -> float:
    centres = np.array([[4, 4, 4, 4], [1, 1, 1, 1], [8, 8, 8, 8], [6, 6, 6, 6], [3, 7, 3, 7]])
    widths = 0.1 * np.array([1, 2, 2, 4, 4])
    return float(np.sum(1 / (np.sum((_vector(point) - centres) ** 2, axis=1) + widths)))


def _michalewicz(point: Point) -> float:
    x = _vector(point)
    return float(np.sum(np.sin(x) * np.sin(np.arange(1, len(x) + 1) * x * x / math.pi) ** 4))


def _griewank_mixed(point: Point) -> float:
    x = np.array([point["x0"] - 7.0, point["x1"] + 21.0, point["n"] - 12.0])
    wave = np.prod(np.cos(x / np.sqrt(np.arange(1, 4))))
    offset = {"none": 0.6, "some": 0.25, "much": 0.0, "most": 0.4}[point["kind"]]
    return -float(np.sum(x * x) / 400 - wave + 1) - offset


def _camel(point: Point) -> float:
    x, y = point["x"], point["y"]
    return -((4 - 2.1 * x * x + x**4 / 3) * x * x + x * y + (4 * y * y - 4) * y * y)


def _svm_like(point: Point) -> float:
    """A ridge in log C and log gamma with a cliff, as a kernel machine has."""
    c, gamma, tolerance = math.log10(point["C"]), math.log10(point["gamma"]), math.log10(point["tol"])
    ridge = c + gamma + 1.5
    fit = 1 / (1 + math.exp(-2.5 * (ridge + 1.6))) * math.exp(-0.06 * max(gamma + 1.8, 0) ** 4)
    return 0.5 + 0.45 * fit - 0.01 * abs(ridge - 1) - 0.02 * max(tolerance + 2, 0) ** 2


def _cube(n: int, low: float, high: float) -> Space:
    return Space(tuple(real(f"x{index}", low, high) for index in range(n)))


def _branin_space() -> Space:
    return Space((real("x", -5, 10), real("y", 0, 15)))


_TRAINING = Space((log("rate", 1e-6, 1.0), log("batch", 8, 512, integer=True), log("decay", 1e-6, 1e-1)))
_NETWORK = Space(
    (
        log("rate", 1e-5, 1e-1),
        log("width", 8, 512, integer=True),
        whole("depth", 1, 6),
        real("dropout", 0.0, 0.6),
        choice("activation", *_KIND_GAIN),
    )
)
_FAMILY = Space(
    (real("x", 0, 1), real("y", 0, 1), choice("family", *_FAMILIES), choice("mode", "fast", "plain", "exact"))
)
_GRIEWANK = Space(
    (real("x0", -50, 50), real("x1", -50, 50), whole("n", -30, 40), choice("kind", "none", "some", "much", "most"))
)
_SVM = Space((log("C", 1e-3, 1e4), log("gamma", 1e-6, 1e1), log("tol", 1e-6, 1.0)))
_SETTINGS = Space(
    (
        log("rate", 1e-6, 1e-1),
        choice("kind", "a", "b", "c", "d"),
        choice("mode", "p", "q"),
        *(real(f"x{index}", 0, 1) for index in range(6)),
        *(choice(f"n{index}", 0, 1, 2, 3, ordered=True) for index in range(6)),
    )
)
_HARTMANN3_BEST, _HARTMANN6_BEST = 3.8627797869, 3.3223680115

TASKS: dict[str, Callable[[], Problem]] = {
    "svm_digits": _task("svm_digits"),
    "svr_diabetes": _task("svr_diabetes"),
    "svm_kernels_wine": _task("svm_kernels_wine", stepped=True),
    "mlp_breast_cancer": _task("mlp_breast_cancer"),
    "boosting_diabetes": _task("boosting_diabetes"),
    "logistic_titanic": _task("logistic_titanic"),
    "knn_digits": _task("knn_digits"),
    "nystroem_diabetes": _task("nystroem_diabetes"),
}
SYNTHETIC: dict[str, Callable[[], Problem]] = {
    "branin2": lambda: Problem("branin2", _branin_space(), _branin, -0.39788735773),
    "branin2_noisy": lambda: Problem("branin2_noisy", _branin_space(), _branin, -0.39788735773, noise=5.0),
    "training3_log": lambda: Problem("training3_log", _TRAINING, _training, 0.95, noise=0.005),
    "families4_mixed": lambda: Problem("families4_mixed", _FAMILY, _families, 1.0803750704, noise=0.01),
    "network5_mixed": lambda: Problem("network5_mixed", _NETWORK, _network, -8.72e-6),
    "ackley5": lambda: Problem("ackley5", _cube(5, -15, 20), _ackley, 0.0),
    "hartmann6": lambda: Problem("hartmann6", _cube(6, 0, 1), _hartmann(_HARTMANN6), _HARTMANN6_BEST),
    "hartmann6_noisy": lambda: Problem(
        "hartmann6_noisy", _cube(6, 0, 1), _hartmann(_HARTMANN6), _HARTMANN6_BEST, noise=0.2
    ),
    "rosenbrock4": lambda: Problem("rosenbrock4", _cube(4, -2, 2), _rosenbrock, 0.0),
    "levy8": lambda: Problem("levy8", _cube(8, -8, 10), _levy, 0.0),
}
UNSEEN: dict[str, Callable[[], Problem]] = {
    "tree_breast_cancer": _task("tree_breast_cancer"),
    "hist_boosting_breast_cancer": _task("hist_boosting_breast_cancer"),
    "forest_diabetes": _task("forest_diabetes"),
    "camel2": lambda: Problem("camel2", Space((real("x", -2, 2), real("y", -1, 1))), _camel, 1.0316284535),
    "svm3_log": lambda: Problem("svm3_log", _SVM, _svm_like, 0.9493244680, noise=0.005),
    "hartmann3": lambda: Problem("hartmann3", _cube(3, 0, 1), _hartmann(_HARTMANN3), _HARTMANN3_BEST),
    "griewank4_mixed": lambda: Problem("griewank4_mixed", _GRIEWANK, _griewank_mixed, 0.0),
    "shekel4": lambda: Problem("shekel4", _cube(4, 0, 10), _shekel, 10.1531996791),
    "michalewicz5": lambda: Problem("michalewicz5", _cube(5, 0, math.pi), _michalewicz, 4.687658),
    "styblinski_tang7": lambda: Problem("styblinski_tang7", _cube(7, -5, 5), _styblinski_tang, 7 * 39.16616570377),
}
MORE: dict[str, Callable[[], Problem]] = {
    "wine_epochs": _task("wine_epochs", stepped=True),
    "cancer_epochs": _task("cancer_epochs", stepped=True),
    "titanic_epochs": _task("titanic_epochs", stepped=True),
    "diabetes_momentum": _task("diabetes_momentum", stepped=True),
    "adaboost_wine": _task("adaboost_wine"),
    "wine_architecture": _task("wine_architecture"),
    "svc_titanic": _task("svc_titanic", noise=0.003),
    "nu_svc_cancer": _task("nu_svc_cancer"),
    "svr_kernels_diabetes": _task("svr_kernels_diabetes", noise=0.2),
    "selection_cancer": _task("selection_cancer"),
    "sgd_digits": _task("sgd_digits", noise=0.005),
    "polynomial_diabetes": _task("polynomial_diabetes"),
    "neighbours_titanic": _task("neighbours_titanic", noise=0.01),
    "forest_digits": _task("forest_digits", noise=0.01),
    "settings15_mixed": lambda: Problem("settings15_mixed", _SETTINGS, _settings, 0.0, noise=0.01),
    "hartmann20": lambda: Problem("hartmann20", _cube(20, 0, 1), _hartmann_of_20, _HARTMANN6_BEST),
}
FRESH: dict[str, Callable[[], Problem]] = {
    "network_digits": _task("network_digits", stepped=True),
    "network_wine": _task("network_wine", stepped=True),
    "network_cancer": _task("network_cancer", stepped=True),
    "network_iris": _task("network_iris", stepped=True),
    "network_titanic": _task("network_titanic", stepped=True),
    "network_diabetes": _task("network_diabetes", stepped=True),
    "network_moons": _task("network_moons", stepped=True),
    "network_friedman": _task("network_friedman", stepped=True),
    "hist_boosting_titanic": _task("hist_boosting_titanic"),
    "reduced_svc_digits": _task("reduced_svc_digits"),
    "kernel_ridge_friedman": _task("kernel_ridge_friedman"),
    "neighbours_wine": _task("neighbours_wine"),
}
HALVED = {**TASKS, **SYNTHETIC, **UNSEEN, **MORE}
PROBLEMS = {**HALVED, **FRESH}
DESIGN, REPORT = list(HALVED)[::2], list(HALVED)[1::2]
"""`bayes` is changed by what the first half shows; the second half is only looked at to report what came of it."""
