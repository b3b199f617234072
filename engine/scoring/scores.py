"""Scores from stored predictions: what a scorer gives on them, and on many resamples of their rows at once.

A run keeps no fitted models. Of the winners it keeps what their test score was computed from: predictions, or the
probabilities or decision values that the scorer asked for. Of the other trials it keeps out-of-fold predictions where
the scorer is a mean over rows. From fast to slow: means over rows (accuracy, squared error, log loss, …), figures from
a confusion matrix (F1, balanced accuracy, …), areas under curves, and any other scikit-learn scorer, called
once a resample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np

from ..errors import PresetError
from ..model.values import Values
from ..preset.imports import OWN
from ..statistics import MEMORY, draw_counts
from ..text import clean
from . import at_once, roc
from .metrics import metric

DRAWS = 10_000
"""Resamples for scores that are computed for all of them at once; fewer where rows are many (see `draws_for`)."""

SLOW_DRAWS = 400
"""Resamples for scorers that scikit-learn has to be called for each time."""

SLOW_VALUES, CURVE_VALUES, FEWEST = 2_000_000, 4_000_000, 100
"""Rows in all such resamples, and in those of areas under curves, of which there are so many at least: else a large
test set holds up the end of a run for minutes."""

RowScore = Callable[[np.ndarray, np.ndarray], np.ndarray]
Link = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _poisson(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    from scipy.special import xlogy

    return -2 * (xlogy(y, y / p) - y + p)


_ROW_SCORES: dict[str, RowScore] = {
    "accuracy": lambda y, p: (y == p).astype(float),
    "neg_mean_absolute_error": lambda y, p: -np.abs(y - p),
    "neg_mean_absolute_percentage_error": lambda y, p: -np.abs(y - p) / np.maximum(np.abs(y), np.finfo(float).eps),
    "neg_mean_squared_error": lambda y, p: -((y - p) ** 2),
    "neg_root_mean_squared_error": lambda y, p: -((y - p) ** 2),
    "neg_mean_squared_log_error": lambda y, p: -((np.log1p(y) - np.log1p(p)) ** 2),
    "neg_root_mean_squared_log_error": lambda y, p: -((np.log1p(y) - np.log1p(p)) ** 2),
    "neg_mean_poisson_deviance": _poisson,
    "neg_mean_gamma_deviance": lambda y, p: -2 * (np.log(p / y) + y / p - 1),
    "r2": lambda y, p: -((y - p) ** 2),
}

ROW_MEAN_SCORERS = frozenset(_ROW_SCORES)
"""Scorers that order models by a mean over rows: those for which trials keep out-of-fold predictions."""

MOST_KEPT_ROWS = 20_000
"""Out-of-fold predictions are kept for at most so many training rows, for they go into the journal."""


MOST_KEPT_VALUES = 10 * MOST_KEPT_ROWS
"""Probabilities or decision values for the test rows are kept if they are no more than so many."""


def can_be_resampled(scoring: str, rows: int) -> bool:
    """Tell whether trials with that scorer and so many training rows keep their out-of-fold predictions."""
    return not why_not_resampled(scoring, rows)


def why_not_resampled(scoring: str, rows: int) -> str:
    """Return why trials with that scorer and so many training rows keep no out-of-fold predictions, "" if they do."""
    if scoring not in ROW_MEAN_SCORERS:
        try:
            takes_more = StoredScore(scoring, "classification").takes_responses
        except ValueError:
            takes_more = False
        reason = "needs probabilities, which trials do not keep" if takes_more else "is not a mean over rows"
        return f"{clean(scoring, 60)} {reason}"
    return "" if rows <= MOST_KEPT_ROWS else f"trials keep predictions for at most {MOST_KEPT_ROWS:,} training rows"


_CONFUSION = frozenset(
    {"balanced_accuracy", "matthews_corrcoef", at_once.KAPPA}
    | {
        f"{kind}{way}"
        for kind in ("f1", "fbeta", "jaccard", "precision", "recall")
        for way in ("", "_macro", "_micro", "_weighted")
    }
)


def row_scores(scoring: str, targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return how well each prediction did, greater is better, broadcast over `targets` and `predictions`.

    Their mean, put through `link(scoring, targets)`, is the score. Raises KeyError unless in `ROW_MEAN_SCORERS`.
    """
    return _ROW_SCORES[scoring](targets, predictions)


def link(scoring: str, targets: np.ndarray) -> Link | None:
    """Return what turns means of row scores into scores (see `statistics.bbc_cv`); None: they are scores already."""
    if scoring.startswith("neg_root_"):
        return lambda means, weights: -np.sqrt(-means)
    if scoring == "r2":
        centred = targets - targets.mean()

        def share_explained(means: np.ndarray, weights: np.ndarray) -> np.ndarray:
            total = weights.sum(axis=1)
            variance = weights @ centred**2 / total - (weights @ centred / total) ** 2
            with np.errstate(divide="ignore", invalid="ignore"):
                return 1 + (means.T / variance).T

        return share_explained
    return None


class StoredScore:
    """A scorer as a function of what it is computed from, for class codes or numbers.

    That is predictions, shape (rows,), or where it `takes_responses` probabilities or decision values, shape (rows,)
    for two classes and (rows, classes) for more.
    """

    def __init__(
        self,
        scoring: str,
        task: str,
        metric: Mapping[str, Any] | None = None,
        weights: Sequence[float] | np.ndarray = (),
    ) -> None:
        """Take a scikit-learn scorer's name, or a `metric` as presets have them; ValueError when it is unknown.

        `weights` are what each row counts; none: all alike. Rows are drawn, or exchanged, whatever they weigh, and then
        count by their weights.
        """
        self.name, self.task, self._metric, self._beta = scoring, task, metric, 1.0
        further, self._how = at_once.named(metric or {"metric": scoring})
        self._weights = np.asarray(weights, dtype=np.float64)
        if metric:
            self.name, self._beta = _from_classes(metric)
        self.name = further or self.name
        # scikit-learn is imported for those scorers only that cannot do without
        known = self.name in ROW_MEAN_SCORERS or self.name in _CONFUSION or self.name == at_once.PINBALL
        self.takes_responses = not known and getattr(self._scorer, "_response_method", "") != "predict"

    def __call__(self, targets: np.ndarray, given: np.ndarray) -> float:
        """Return the score; NaN where it is not defined."""
        score = self._at_once(targets, given[None])
        if score is not None:
            return float(score(self._weighed(np.ones((1, len(targets)))))[0, 0])
        return self._by_scikit_learn(targets, given, self._weights if len(self._weights) else None)

    def resampled(self, targets: np.ndarray, given: np.ndarray, seed: int = 0) -> np.ndarray:
        """Return scores on bootstrap samples of the rows, shape (draws, models), for `given` of (models, rows, …).

        All models are scored on the same draws.
        """
        rng = np.random.default_rng(seed)
        targets, given, weights = self._merged(targets, given)
        return self._scores(targets, given, len(weights), lambda draws: [_draw(rng, draws, weights)])[0]

    def exchanged(self, targets: np.ndarray, first: np.ndarray, second: np.ndarray, seed: int = 0) -> np.ndarray:
        """Return how far two models' scores are apart, shape (draws,), when what they gave for a row is exchanged
        between them or not, row by row, at random.

        Where only the order of rows counts, ranks are exchanged (Venkatraman & Begg 1996): the two may give values
        on different scales.
        """
        rng = np.random.default_rng(seed)
        if self.takes_responses and self.name.startswith(("roc_auc", "average_precision")):
            first, second = _ranks(first), _ranks(second)
        targets, given, weights = self._merged(targets, np.array([first, second]))

        def exchange(draws: int) -> list[np.ndarray]:
            swapped = _halves(rng, draws, weights)
            kept = weights - swapped
            return [np.hstack([kept, swapped]), np.hstack([swapped, kept])]

        both = np.concatenate([given[0], given[1]])[None]
        ours, theirs = self._scores(np.concatenate([targets, targets]), both, len(weights), exchange)
        return (ours - theirs)[:, 0]

    def _merged(self, targets: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return targets, what the models gave, and how many rows each of them stands for.

        Rows of classes that are alike in target and every prediction are drawn together, which is the same and costs
        no more with many rows.
        """
        if self.task != "classification" or self.takes_responses or len(self._weights):
            return targets, given, np.ones(len(targets), dtype=np.int64)
        units, weights = np.unique(np.vstack([targets, given]), axis=1, return_counts=True)
        return units[0], units[1:], weights

    def _scores(
        self, targets: np.ndarray, given: np.ndarray, rows: int, draw: Callable[[int], list[np.ndarray]]
    ) -> list[np.ndarray]:
        """Return scores, shape (draws, models), for each of the arrays of row counts that `draw(draws)` gives."""
        at_once, draws, width = self._at_once(targets, given), draws_for(rows), len(targets)
        if at_once is None:
            score, draws = self._one_by_one(targets, given), min(draws, SLOW_DRAWS, max(SLOW_VALUES // rows, FEWEST))
        else:
            score = lambda counts: at_once(self._weighed(counts))  # noqa: E731
            if self.takes_responses and not self.name.startswith("neg_"):  # a curve: rows in order, for each draw
                draws = min(draws, max(CURVE_VALUES // rows, FEWEST))
        if self.name in _CONFUSION:
            width = max(width, len(np.unique(np.append(given, targets))) ** 2)
        step = max(1, MEMORY // width)
        blocks = [[score(counts) for counts in draw(min(step, draws - first))] for first in range(0, draws, step)]
        return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]

    def _at_once(self, targets: np.ndarray, given: np.ndarray) -> Callable[[np.ndarray], np.ndarray] | None:
        """Return what scores arrays of row counts, shape (draws, rows), all at once; None where nothing does."""
        if (rows := self._of_rows(targets, given)) is not None:
            to_score = link(self.name, targets) or (lambda means, weights: means)
            return lambda counts: to_score(counts @ rows / counts.sum(axis=1, keepdims=True), counts)
        if self.name in _CONFUSION:
            return _confusion_scores(self.name, targets, given, self._how if self.name == at_once.KAPPA else self._beta)
        if self.name == at_once.PRECISION and given.ndim == 2:
            averages = [at_once.precision(targets, model) for model in given]
            return lambda counts: np.stack([average(counts) for average in averages], axis=1)
        areas = [area for model in given if (area := roc.area(self.name, targets, model))]
        return (lambda counts: np.stack([area(counts) for area in areas], axis=1)) if areas else None

    def _of_rows(self, targets: np.ndarray, given: np.ndarray) -> np.ndarray | None:
        """Return each row's score, shape (rows, models), where the score is their mean or follows from it."""
        if self.name in ROW_MEAN_SCORERS:
            return row_scores(self.name, targets, given).T
        if self.name == at_once.PINBALL:
            return at_once.pinball(targets, given, self._how)
        if self.name == at_once.TOP_K:
            return at_once.among_first(targets, given, self._how) if given.ndim == 3 else None
        of_shares = _OF_SHARES.get(self.name)
        return of_shares(targets, given) if of_shares else None

    def _weighed(self, counts: np.ndarray) -> np.ndarray:
        """Return row counts, shape (draws, rows), times what each row weighs; of several models, rows come again."""
        weights = self._weights
        return counts * np.tile(weights, counts.shape[1] // len(weights)) if len(weights) else counts

    def _one_by_one(self, targets: np.ndarray, given: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        def score(counts: np.ndarray) -> np.ndarray:
            table = np.empty((len(counts), len(given)))
            for draw, count in enumerate(counts):
                drawn = np.repeat(np.arange(len(targets)), count)
                weights = np.resize(self._weights, len(targets))[drawn] if len(self._weights) else None
                table[draw] = [self._by_scikit_learn(targets[drawn], model[drawn], weights) for model in given]
            return table

        return score

    @cached_property
    def _scorer(self) -> Any:
        """scikit-learn's scorer, looked up once: a resample would take longer for that than for its score."""
        return _scorer_of(self._metric or {"metric": self.name})

    def _by_scikit_learn(self, targets: np.ndarray, given: np.ndarray, weights: np.ndarray | None = None) -> float:
        import warnings

        scorer, more = self._scorer, {}
        if given.ndim == 2 and "labels" in signature(scorer._score_func).parameters:
            more = {"labels": np.arange(given.shape[1])}
        if weights is not None:
            more |= {"sample_weight": weights}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return float(scorer._sign * scorer._score_func(targets, given, **(scorer._kwargs | more)))
            except (ValueError, TypeError):
                return float("nan")


def _from_classes(written: Mapping[str, Any]) -> tuple[str, float]:
    """Return a metric's name among `_CONFUSION`, "" where it is none of them, and its beta."""
    given = {name: value for name, value in written.items() if name not in ("metric", "name")}
    kind, way = str(written.get("metric", "")).removesuffix("_score"), given.get("average", "binary")
    name, beta = kind if way == "binary" else f"{kind}_{way}", given.get("beta", 1.0)
    plain = name in _CONFUSION and set(given) <= {"average", "beta"} and isinstance(beta, int | float) and beta > 0
    return (name, float(beta)) if plain else ("", 1.0)


def _scorer_of(written: Mapping[str, Any]) -> Any:
    """Return the scorer of a metric with parameters; ValueError for one of somebody's own, whose code is not run."""
    if str(written.get("metric", "")).startswith(OWN):
        raise ValueError("a metric of one's own")
    try:
        made = metric(written, "score.scoring", Values()).scorer
    except PresetError as error:
        raise ValueError(str(error)) from None
    if not hasattr(made, "_score_func"):
        raise ValueError("no score of targets and predictions")
    return made


def draws_for(rows: int) -> int:
    """Return how many resamples to take: `DRAWS`, and fewer from 2,000 rows on, down to 200."""
    return int(min(max(20_000_000 // max(rows, 1), 200), DRAWS))


def _draw(rng: np.random.Generator, draws: int, weights: np.ndarray) -> np.ndarray:
    if (weights == 1).all():
        return draw_counts(rng, draws, len(weights))
    return rng.multinomial(weights.sum(), weights / weights.sum(), size=draws)


def _ranks(given: np.ndarray) -> np.ndarray:
    """Return each value's rank within its column, equal values alike, as a share of the rows."""
    columns = given.reshape(len(given), -1)
    ranks = [np.unique(column, return_inverse=True, return_counts=True)[1:] for column in columns.T]
    middles = [(np.cumsum(counts) - (counts - 1) / 2)[places] for places, counts in ranks]
    return (np.stack(middles, axis=1) / len(given)).reshape(given.shape)


def _log_loss(targets: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return the logarithm of the probability that each model gave to each row's class, shape (rows, models)."""
    if given.ndim == 2:
        likely = np.where(targets == 1, given, 1 - given)
    else:
        likely = given[:, np.arange(len(targets)), targets.astype(int)]
    tiny = np.finfo(float).eps
    return np.log(np.clip(likely, tiny, 1 - tiny)).T


def _brier(targets: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return minus how far what each model gave is from each row's class, squared, shape (rows, models)."""
    if given.ndim == 2:
        return -((given - targets) ** 2).T
    return -((given - np.eye(given.shape[2])[targets.astype(int)]) ** 2).sum(axis=2).T


_OF_SHARES: dict[str, RowScore] = {"neg_log_loss": _log_loss, "neg_brier_score": _brier}
"""Scorers that are a mean over rows of what they make of each row's probabilities."""


def _halves(rng: np.random.Generator, draws: int, weights: np.ndarray) -> np.ndarray:
    """Return how many of so many rows each fall to one side when each does so with a chance of one half."""
    if (weights == 1).all():
        return rng.integers(2, size=(draws, len(weights)))
    return rng.binomial(weights, 0.5, size=(draws, len(weights)))


def _confusion_scores(
    name: str, targets: np.ndarray, predictions: np.ndarray, beta: Any
) -> Callable[[np.ndarray], np.ndarray]:
    classes = np.unique(np.concatenate([targets, predictions.ravel()]))
    k = len(classes)
    cells = np.searchsorted(classes, targets) * k + np.searchsorted(classes, predictions)
    kind, _, way = name.partition("_")
    by_kappa = name == at_once.KAPPA

    def score(counts: np.ndarray) -> np.ndarray:
        columns = []
        for model in cells:
            table = np.zeros((len(counts), k * k))
            for cell in np.unique(model):
                table[:, cell] = counts[:, model == cell].sum(axis=1)
            table = table.reshape(-1, k, k)
            columns.append(at_once.kappa(table, beta) if by_kappa else _from_confusion(kind, way, table, classes, beta))
        return np.stack(columns, axis=1)

    return score


def _from_confusion(kind: str, way: str, table: np.ndarray, classes: np.ndarray, beta: float) -> np.ndarray:
    """Return scikit-learn's figure for each confusion matrix of `table`, shape (draws, classes, classes)."""
    hits, true, called = np.diagonal(table, axis1=1, axis2=2), table.sum(axis=2), table.sum(axis=1)
    total = true.sum(axis=1)
    if kind == "matthews":
        covariance = hits.sum(axis=1) * total - (true * called).sum(axis=1)
        spread = (total**2 - (called**2).sum(axis=1)) * (total**2 - (true**2).sum(axis=1))
        return np.divide(covariance, np.sqrt(spread), out=np.zeros(len(table)), where=spread > 0)
    if kind == "balanced":
        recall = np.divide(hits, true, out=np.zeros(hits.shape), where=true > 0)
        return recall.sum(axis=1) / (true > 0).sum(axis=1)
    factor = 1.0 + beta**2 if kind in ("f1", "fbeta") else 1.0
    weighed = beta**2 * true + called
    ratios = {"jaccard": true + called - hits, "precision": called, "recall": true}
    below = ratios.get(kind, weighed)
    if way == "micro":
        hits, below = hits.sum(axis=1, keepdims=True), below.sum(axis=1, keepdims=True)
    each = factor * np.divide(hits, below, out=np.zeros(hits.shape), where=below > 0)
    if way == "micro":
        return each[:, 0]
    if way == "macro":
        return each.sum(axis=1) / ((true + called) > 0).sum(axis=1)
    if way == "weighted":
        return (each * true).sum(axis=1) / total
    positive = np.flatnonzero(classes == 1)
    return each[:, positive[0]] if len(positive) else np.full(len(table), np.nan)
