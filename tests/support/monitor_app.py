"""A monitor without a run: an app around `MonitorScreen`, and runs that go on as fast as a test wants."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from made_run import MadeRun
from tunetop import tui
from tunetop.engine.events import (
    Axis,
    Event,
    FoldFinished,
    FoldStarted,
    MethodPlan,
    MethodStarted,
    Record,
    TrialFinished,
    TrialStarted,
)
from tunetop.engine.state import RunState
from tunetop.tui.app.themes import NAMES, look_for, theme_of
from tunetop.tui.sessions.base import Request, Session
from tunetop.tui.settings import Settings
from tunetop.tui.terminal.diff_app import DiffApp

AXES = [
    Axis(name="learning_rate_init", scale="log", low=1e-4, high=1e-1, grid=[1e-4, 1e-3, 1e-2, 1e-1]),
    Axis(name="alpha", scale="log", low=1e-5, high=1e-1, grid=[1e-5, 1e-4, 1e-3, 1e-2, 1e-1]),
]


class LiveRun(MadeRun):
    """A run of a grid and of random trials, made up but plausible, with folds that arrive one by one."""

    def __init__(self, axes: Sequence[Axis] = tuple(AXES), random_trials: int = 40, seed: int = 1, **info: Any) -> None:
        plans = [
            MethodPlan(name="baseline", kind="baseline", title="Baseline", trials=1),
            MethodPlan(name="grid", kind="grid", title="Grid", trials=20),
            MethodPlan(name="random", kind="random", title="Random", trials=random_trials),
            MethodPlan(name="refine", kind="refine", title="Explore + refine", trials=34),
        ]
        fields: dict[str, Any] = {"title": "Breast Cancer MLP", "folds": 5, "axes": list(axes)}
        self.now, self.step = 1_700_000_000.0, 0.2
        super().__init__((), **(fields | info))
        started = self.records[0]
        event = msgspec.structs.replace(started.event, methods=plans)
        self.records[0] = msgspec.structs.replace(started, event=event)
        self._random = random.Random(seed)
        self._axes = axes
        self._applied = 0
        self._state = RunState()

    def add(self, *events: Event) -> LiveRun:
        """Add events, `step` seconds apart."""
        for event in events:
            n = len(self.records)
            self.records.append(Record(v=1, n=n, t=self.now, event=event))  # type: ignore[arg-type]
            self.now += self.step
        return self

    def live(self) -> RunState:
        """Return one and the same state, with every event so far applied."""
        self._state.apply_all(self.records[self._applied :])
        self._applied = len(self.records)
        return self._state

    def baseline(self) -> None:
        self.add(MethodStarted(method="baseline"))
        self.whole("baseline", 0, {})

    def draw(self) -> dict[str, Any]:
        point: dict[str, Any] = {}
        for axis in self._axes:
            if axis.scale == "choice":
                point[axis.name] = self._random.choice(axis.labels)
            elif axis.scale == "log":
                assert axis.low is not None
                assert axis.high is not None
                point[axis.name] = axis.low * (axis.high / axis.low) ** self._random.random()
            else:
                point[axis.name] = self._random.uniform(axis.low or 0.0, axis.high or 1.0)
        return point

    def scores(self) -> list[float]:
        middle = 0.978 - abs(self._random.gauss(0, 0.008))
        return [min(middle + self._random.gauss(0, 0.011), 1.0) for _ in range(5)]

    def whole(self, method: str, number: int, params: dict[str, Any] | None = None, **more: Any) -> None:
        """A trial that starts and finishes at once."""
        params = self.draw() if params is None else params
        self.add(TrialStarted(method=method, number=number, params=params))
        fields: dict[str, Any] = {"state": "done", "scores": self.scores()}
        fields |= {"fit_seconds": [0.4 + self._random.random()] * 5, "score_seconds": [0.002] * 5}
        self.add(TrialFinished(method=method, number=number, params=params, **(fields | more)))

    def failed(self, method: str, number: int, error: str) -> None:
        more = {"state": "failed", "scores": [], "error": error, "fit_seconds": [0.01], "score_seconds": []}
        self.whole(method, number, None, **more)

    def grid(self) -> None:
        self.add(MethodStarted(method="grid"))
        first, second = self._axes[0].grid, self._axes[1].grid
        for number, (one, other) in enumerate((a, b) for b in second for a in first):
            self.whole("grid", number, {self._axes[0].name: one, self._axes[1].name: other})

    def running(self, method: str, number: int, done: int) -> None:
        """A trial of which so many folds are done, and the next is under way."""
        self.add(TrialStarted(method=method, number=number, params=self.draw()))
        scores = self.scores()
        for fold in range(done + 1):
            self.add(FoldStarted(method=method, number=number, folds=[fold]))
            if fold < done:
                self.add(
                    FoldFinished(
                        method=method, number=number, fold=fold, score=scores[fold], fit_seconds=0.5, score_seconds=0.01
                    )
                )


def breast_cancer(random_trials: int = 23) -> LiveRun:
    """The run of the README's screenshot: baseline and grid through, random under way."""
    run = LiveRun()
    run.baseline()
    run.grid()
    run.add(MethodStarted(method="random"))
    for number in range(random_trials):
        run.whole("random", number)
    run.running("random", random_trials, 3)
    return run


class Controls:
    """Remembers what was asked of a run."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        if name not in ("pause", "unpause", "stop", "stop_now", "skip"):
            raise AttributeError(name)
        return lambda *args: self.asked.append((name, *args))


class MadeSession(Session):
    """A session over a state that a test makes: it reads nothing, and has no folder."""

    behind = catching_up = False
    damage = trouble = ""

    def __init__(self, state: RunState, controls: Any = None, damage: str = "", trouble: str = "") -> None:
        self._state = state
        self.controls, self.damage, self.trouble = controls, damage, trouble

    @property
    def state(self) -> RunState:
        return self._state

    def poll(self, patience: float | None = None) -> bool:
        return False

    def snapshot(self) -> RunState:
        return self._state

    def refusal(self, request: Request) -> str:
        return "" if request == "steer" and self.controls is not None else f"this one only watches: no {request}"


def session_of(state: RunState, *, controls: Any = None, damage: str = "", trouble: str = "") -> MadeSession:
    return MadeSession(state, controls, damage, trouble)


class MonitorApp(DiffApp[None], inherit_bindings=False):
    """The least app that a monitor needs, which remembers what the monitor asks of it."""

    CSS_PATH = Path(tui.__file__).with_name("app") / "tunetop.tcss"
    BINDINGS = [("ctrl+l", "redraw", "redraw"), ("q", "quit", "quit")]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]

    def __init__(
        self, session: Any, *, theme: str = "dark", thin: bool = False, clock: Any = None, **look: Any
    ) -> None:
        self.look = look_for(theme, thin=thin, **look)
        super().__init__()
        for name in NAMES:
            self.register_theme(theme_of(look_for(name, thin=thin, **look), name))
        self.theme = theme
        self.session = session
        self._clock = clock
        self.asked: list[tuple[Any, ...]] = []
        self.sessions = self.steering = self.outputs = self
        self.said: list[str] = []
        self.remembered = Settings(theme="dark")
        if thin:
            self.animation_level = "none"
            self.pace.use_thin_line()

    def get_default_screen(self) -> Any:
        from tunetop.tui.screens.monitor.screen import MonitorScreen

        screen = MonitorScreen(self, self.session)
        if self._clock is not None:
            screen.clock = self._clock
        return screen

    def action_redraw(self) -> None:
        self.repaint()

    def take(self) -> None:
        """Tell the screen that there is news, as the app's timer does."""
        self.screen.refresh_news()  # type: ignore[attr-defined]

    def remember(self, **values: Any) -> None:
        self.remembered = msgspec.structs.replace(self.remembered, **values)

    def open_columns(self, among: Any, hidden: frozenset[str], chosen: Any) -> None:
        from tunetop.tui.screens.choose_columns import ColumnsScreen

        self.push_screen(ColumnsScreen(self, among, hidden, chosen))  # type: ignore[arg-type]

    def open_trial(self, key: Any) -> None:
        self.asked.append(("open_trial", key))

    def open_comparison(self) -> None:
        self.asked.append(("open_comparison",))

    def copy_parameters(self, trial: Any) -> None:
        self.asked.append(("copy_parameters", trial.key))

    def export(self) -> None:
        self.asked.append(("export",))

    def leave_run(self) -> None:
        self.asked.append(("leave_run",))

    def say(self, message: str, severity: str = "information", title: str = "") -> None:
        self.said.append(message)
