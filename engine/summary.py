"""A run in one document: what `summary.json` holds, and the comparison's table made from it.

`summarise` works at any moment of a run, on a copied folder as well; what is not known yet is null. Other programs
read the document, so its keys stay; new ones may be added.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .events import Value
from .state import BASELINE, MethodState, RunState, TrialState
from .text import clean
from .verdict import Judgement, Verdict, finite, judge, tested, winner

MOST_FAILURES = 50
"""Reasons of failure that a summary lists, at most."""

LONGEST = 1000
"""Characters of any text in a summary, at most; the verdict may be longer."""


class TableRow(NamedTuple):
    """One line of the comparison, as text; `COLUMNS` are its headings."""

    method: str
    cv: str
    corrected: str
    test: str
    interval: str
    time: str
    trials: str
    failed: str
    fit_seconds: str
    best: str


COLUMNS = TableRow(
    "method", "CV", "corrected", "test", "95 % interval", "time", "trials", "failed", "fit s", "best parameters"
)
"""The CV score of the selected trial flatters it; beside it stands the one that is corrected for that (BBC-CV)."""


def summarise(state: RunState, verdict: Verdict | None = None) -> dict[str, Any]:
    """Return the summary of a run: strings, finite numbers, None, and lists and dictionaries of them.

    `verdict` saves judging a second time where the caller has done so already.
    """
    verdict = verdict or judge(state)
    info = state.info
    judged = {one.method: one for one in verdict.methods}
    if verdict.baseline is not None:
        judged[BASELINE] = verdict.baseline
    methods = {name: _method(state, method, judged.get(name), verdict) for name, method in state.methods.items()}
    now = state.last_at if state.last_at is not None else 0.0
    document = {
        "run": info.run if info else None,
        "preset": info.preset if info else None,
        "title": info.title if info else None,
        "state": state.phase,
        "reason": state.reason,
        "started": state.started_at,
        "seconds": state.seconds(now),
        "task": info.task if info else None,
        "estimator": info.estimator if info else None,
        "scoring": info.scoring if info else None,
        "folds": info.folds if info else None,
        "train_rows": info.train_rows if info else None,
        "test_rows": info.test_rows if info else None,
        "trials": state.finished_trials,
        "planned_trials": state.planned_trials,
        "fits": state.folds_done,
        "failed": state.failed_trials,
        "best": {"method": state.best.method, "number": state.best.number} if state.best else None,
        "baseline": methods.pop(BASELINE, None),
        "methods": list(methods.values()),
        "failures": _failures(state),
        "notes": state.notes,
        "outcome": verdict.outcome,
        "verdict": None,
        "versions": dict(info.versions) if info else {},
    }
    return plain(document) | {"verdict": verdict.paragraph}


def _method(state: RunState, method: MethodState, judged: Judgement | None, verdict: Verdict) -> dict[str, Any]:
    trial, result = winner(method), tested(method)
    ended = method.finished_at if method.finished_at is not None else state.last_at
    comparison = None
    if judged is not None and method.name != BASELINE:
        comparison = {
            "difference": judged.difference,
            "difference_interval": judged.difference_interval,
            "gained": judged.gained,
            "lost": judged.lost,
            "test": judged.test or None,
            "p": judged.p,
            "p_holm": judged.p_holm,
            "fewest_rows": judged.fewest_rows,
            "folds_difference": judged.folds_difference,
            "folds_t": judged.folds_t,
            "folds_p": judged.folds_p,
        }
    return {
        "method": method.name,
        "title": method.plan.title or method.name,
        "kind": method.plan.kind,
        "phase": method.phase,
        "seed": method.plan.seed,
        "trials": method.finished,
        "planned_trials": method.planned,
        "failed": method.failed,
        "reused": method.reused,
        "raced": method.raced,
        "best_number": trial.number if trial else None,
        "best_params": dict(trial.params) if trial else None,
        "cv_score": trial.mean if trial else None,
        "cv_std": trial.std if trial else None,
        "cv_corrected": judged.cv_corrected if judged else None,
        "cv_corrected_interval": judged.cv_corrected_interval if judged else None,
        "cv_corrected_note": judged.cv_corrected_note if judged else "",
        "test_score": result.test_score if result else None,
        "test_interval": judged.test_interval if judged else None,
        "test_interval_kind": judged.test_interval_kind or None if judged else None,
        "right": judged.right if judged else None,
        "seconds": ended - method.started_at if ended is not None and method.started_at is not None else None,
        "fit_seconds": method.fit_seconds,
        "refit_seconds": method.result.refit_seconds if method.result else None,
        "chosen": method.name == verdict.best,
        "comparison": comparison,
        "error": method.result.error if method.result else "",
        "reason": method.result.reason if method.result else "",
    }


def _failures(state: RunState) -> list[dict[str, Any]]:
    """Return the reasons of failure, the commonest first, each with its count and its first trial."""
    groups = sorted(state.failures.items(), key=lambda group: -len(group[1]))
    return [
        {"reason": reason, "count": len(trials), "example": _example(trials[0])}
        for reason, trials in groups[:MOST_FAILURES]
    ]


def _example(trial: TrialState) -> dict[str, Any]:
    return {"method": trial.method, "number": trial.number, "params": dict(trial.params)}


def plain(value: Any) -> Any:
    """Return nested data with numbers that are finite or None, tuples as lists, and every string and key cleaned."""
    if isinstance(value, str):
        return clean(value, LONGEST)
    if isinstance(value, bool) or value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, Mapping):
        return {clean(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value]


# -- the table -------------------------------------------------------------------------------------------------------


def table(summary: Mapping[str, Any]) -> list[TableRow]:
    """Return the comparison's lines, the baseline first: the same for the screen, the command line and the files."""
    rows = [summary["baseline"]] if summary["baseline"] else []
    return [_row(row, summary["best"]) for row in rows + list(summary["methods"])]


def _row(row: Mapping[str, Any], best: Mapping[str, Any] | None) -> TableRow:
    star = "★ " if best and (best["method"], best["number"]) == (row["method"], row["best_number"]) else ""
    trials = str(row["trials"])
    if row["phase"] in ("waiting", "running") and row["planned_trials"]:
        trials += f"/{row['planned_trials']}"
    return TableRow(
        method=row["method"],
        cv=star + score_text(row["cv_score"]),
        corrected=corrected_text(row),
        test=score_text(row["test_score"]),
        interval=interval_text(row["test_interval"]),
        time=duration_text(row["seconds"]),
        trials=trials,
        failed=str(row["failed"]),
        fit_seconds=f"{row['fit_seconds']:.1f}",
        best=point_text(row["best_params"]),
    )


def ended_early(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the methods that ended before their budget, each with the reason."""
    said = [(str(one["method"]), str(one["reason"])) for one in summary["methods"] if one["reason"]]
    skipped = [(str(one["method"]), "skipped") for one in summary["methods"] if one["phase"] == "skipped"]
    return [*said, *(one for one in skipped if one[0] not in dict(said))]


def score_text(value: float | None) -> str:
    """Return a score for reading, `–` when there is none."""
    from .verdict_text import number

    return "–" if value is None else number(value)


def corrected_text(row: Mapping[str, Any]) -> str:
    """Return a method's corrected score for reading: `≤` before it where it may be too high, `–` when there is none."""
    corrected = row["cv_corrected"]
    bound = "≤ " if corrected is not None and row["cv_corrected_note"] else ""
    return bound + score_text(corrected)


def interval_text(interval: list[float] | None) -> str:
    """Return an interval for reading, such as `[.926, .991]`, `–` when there is none."""
    if interval is None:
        return "–"
    low, high = (f"{end:.3f}" if abs(end) < 1000 else f"{end:.4g}" for end in interval)
    if all(0 <= end < 1 for end in interval):
        low, high = low.removeprefix("0"), high.removeprefix("0")
    return f"[{low}, {high}]"


def duration_text(seconds: float | None) -> str:
    """Return a duration for reading: `8.1 s`, `1:05`, `2:00:09`; `–` when there is none."""
    if seconds is None:
        return "–"
    if seconds < 59.95:
        return f"{max(seconds, 0.0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


def point_text(point: Mapping[str, Value] | None) -> str:
    """Return a configuration on one line, numbers to four digits; `–` when there is none."""
    if point is None:
        return "–"
    if not point:
        return "as it comes"
    return clean(", ".join(f"{name}={value_text(value)}" for name, value in point.items()))


def value_text(value: Value) -> str:
    """Return a hyperparameter's value for reading, numbers to four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else clean(value, 60)
