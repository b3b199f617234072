"""Runs made from events, for tests of what is said about a run afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tunetop.engine.events import (
    Axis,
    Event,
    MethodFinished,
    MethodPlan,
    MethodStarted,
    Point,
    Record,
    RunFinished,
    RunStarted,
    TrialFinished,
    TrialStarted,
)
from tunetop.engine.state import RunState

AXES = [
    Axis(name="alpha", scale="log", low=1e-5, high=1e-1, grid=[1e-5, 1e-3]),
    Axis(name="solver", scale="choice", labels=["adam", "sgd"]),
]


class MadeRun:
    """Collects events, one second apart, and folds them."""

    def __init__(self, methods: Sequence[str] = ("baseline", "grid", "random"), **info: Any) -> None:
        fields: dict[str, Any] = {
            "run": "made-1",
            "preset": "made",
            "title": "A made run",
            "digest": "0" * 64,
            "fingerprint": "1" * 64,
            "task": "classification",
            "estimator": "sklearn.neural_network.MLPClassifier",
            "scoring": "accuracy",
            "folds": 3,
            "train_rows": 30,
            "test_rows": len(info.get("test_targets", [])) or 10,
            "features": 4,
            "workers": 2,
            "axes": AXES,
        }
        plans = [MethodPlan(name=name, kind=name, title=name.title()) for name in methods]
        self.records: list[Record] = []
        self.add(RunStarted(**(fields | {"methods": plans} | info)))

    def add(self, *events: Event) -> MadeRun:
        for event in events:
            n = len(self.records)
            self.records.append(Record(v=1, n=n, t=1000.0 + n, event=event))  # type: ignore[arg-type]
        return self

    def trial(
        self, method: str, number: int, scores: Sequence[float], params: Point | None = None, **more: Any
    ) -> None:
        params = {"alpha": 10.0 ** -(number + 1), "solver": "adam"} if params is None else params
        if number == 0:
            self.add(MethodStarted(method=method))
        self.add(TrialStarted(method=method, number=number, params=params))
        fields: dict[str, Any] = {
            "state": "done" if scores else "failed",
            "scores": list(scores),
            "fit_seconds": [0.25] * max(len(scores), 1),
            "score_seconds": [0.125] * max(len(scores), 1),
        }
        self.add(TrialFinished(method=method, number=number, params=params, **(fields | more)))

    def finish(
        self,
        method: str,
        best: int | None,
        test_score: float | None,
        predictions: Sequence[float] = (),
        responses: Sequence[str] = (),
    ) -> None:
        self.add(
            MethodFinished(
                method=method,
                state="done" if best is not None else "failed",
                best=best,
                test_score=test_score,
                test_predictions=list(predictions),
                test_responses=list(responses),
            )
        )

    def end(self, state: Any = "done") -> RunState:
        self.add(RunFinished(state=state))
        return self.state()

    def state(self) -> RunState:
        state = RunState()
        state.apply_all(self.records)
        return state


def flipped(targets: Sequence[float], *wrong: int) -> list[float]:
    """Return predictions for 0/1 targets that are right but for the rows named."""
    return [1.0 - target if row in wrong else target for row, target in enumerate(targets)]
