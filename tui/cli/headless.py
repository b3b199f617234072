"""Progress without a screen: bars by rich on a terminal, plain lines that can be searched elsewhere."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from ...engine.record.run_folder import RunFolder, load_state
from ...engine.record.store import Store
from ...engine.state import ENDED, RunState, TrialState
from ...engine.text import alike, clean, without_age
from ...engine.workers.ahead import begin_workers
from ..sessions.base import OwnWork, damage_note
from ..sessions.feeding import Feeding
from ..sessions.run import Feed
from ..terminal.tty import in_foreground, lasting_output
from .closing import print_json
from .exit_codes import exit_code

if TYPE_CHECKING:
    from ...engine.events import Point, TrialKey
    from ...engine.preset.preset import Preset
    from ...engine.run.conductor import Run
    from ...engine.run.launch import RunOptions

_News = tuple[float, int, str, str]
"""When it happened, its rank among what happened at once, and the line's kind and text."""

_LOOK = 0.1
"""Seconds between two looks at the journal."""


def watch(
    feed: Feeding, run: Run | None, out: IO[str], *, notes: list[str] | None = None, quiet: bool = False
) -> RunState:
    """Show a run's progress on `out` until it ends, and return its state; `notes` that come meanwhile are said.

    `run` is the run where it is one of this process.
    """
    teller: Any = Silent() if quiet else Bars(out) if out.isatty() and in_foreground() else Lines(out)
    with teller:
        trouble = ""
        while True:
            done = run.finished.wait(_LOOK) if run is not None else feed.over
            while feed.poll(0.5) and feed.behind:
                pass
            if run is None or not done:
                before, trouble = trouble, run.trouble if run is not None else feed.trouble or damage_note(feed.damage)
                if without_age(trouble) != without_age(before):
                    teller.say(trouble or "going on")
            teller.show(feed.state)
            while notes:
                teller.say(notes.pop(0))
            if done:
                return feed.state
            if run is None:
                time.sleep(_LOOK)


@contextmanager
def interrupts(run: OwnWork) -> Iterator[list[str]]:
    """Have Ctrl+C and SIGTERM stop the run or race instead of the program: in good order at first, then at once.

    What there is to say of it is put into the list that comes: a signal may interrupt a write that waits for a reader.
    """
    asked = 0
    notes: list[str] = []

    def stop(*_: object) -> None:
        nonlocal asked
        asked += 1
        if run.finished.is_set():
            # there is only left to say how it ended
            return
        if asked == 1:
            notes.append("stopping: running folds are finishing (again to stop at once)")
            run.stop()
        else:
            run.stop_now()

    # what a script begins in its background ignores Ctrl+C, and is to
    heard = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield notes
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Silent:
    """Says nothing but what is amiss."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, state: RunState) -> None:
        """Show what is known now."""

    def say(self, text: str) -> None:
        """Say one line."""
        print(f"tunetop: {clean(text, 600)}", file=sys.stderr)


class Lines(Silent):
    """One line an event worth a line: `2026-01-31T12:00:00 trial method=grid number=3 state=done accuracy=0.978 …`.

    Lines come in the order in which things happened, and with the time when they did.
    """

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._open: list[TrialState] = []
        self._seen = 0
        self._phase = ""
        self._queued: set[TrialKey] = set()
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        self._warned: set[str] = set()
        self._best: TrialState | None = None

    def say(self, text: str) -> None:
        self._line(time.time(), "note", text)

    def show(self, state: RunState) -> None:
        news = [*self._of_run(state), *self._of_methods(state), *self._of_trials(state)]
        for at, _, kind, text in sorted(news, key=lambda one: one[:2]):
            self._line(at, kind, text)

    def _of_run(self, state: RunState) -> Iterator[_News]:
        now = state.last_at or time.time()
        if state.info is not None and not self._phase:
            info = state.info
            begun = state.started_at or now
            whose = f"source={info.source!r}" if info.watched else f"preset={info.preset}"
            yield begun, 0, "run", f"id={info.run} {whose} workers={state.workers} folds={info.folds}"
            for note in info.notes:
                yield begun, 1, "note", note
        if state.phase != self._phase:
            first, self._phase = not self._phase, state.phase
            at = state.started_at if first and not state.ended else now
            yield at or now, 2 if first else 9, "run", f"state={state.phase} {state.reason}".rstrip()

    def _of_methods(self, state: RunState) -> Iterator[_News]:
        for name, method in state.methods.items():
            ended = method.phase in ENDED
            if method.phase == "waiting" or (not ended and name in self._ended):
                # given more trials after its end, it begins anew
                self._begun.discard(name)
                self._ended.discard(name)
            if method.phase != "waiting" and name not in self._begun and method.started_at is not None:
                self._begun.add(name)
                yield method.started_at, 3, "method", f"name={name} state=running"
            if ended and name not in self._ended:
                self._ended.add(name)
                parts = [f"name={name}", f"state={method.phase}"]
                if method.test_score is not None:
                    parts.append(f"test={method.test_score:.6g}")
                if method.result is not None and method.result.error:
                    parts.append(f"error={clean(method.result.error)!r}")
                if method.result is not None and method.result.reason:
                    parts.append(f"reason={clean(method.result.reason)!r}")
                yield method.finished_at or 0.0, 5, "method", " ".join(parts)

    def _of_trials(self, state: RunState) -> Iterator[_News]:
        self._open += state.trials[self._seen :]
        self._seen = len(state.trials)
        for trial in self._open:
            if trial.phase == "waiting" and trial.key not in self._queued:
                self._queued.add(trial.key)
                yield trial.started_at, 4, "trial", self._of_trial(trial, state)
            if trial.through:
                yield trial.finished_at or 0.0, 4, "trial", self._of_trial(trial, state)
                for text in trial.warnings or ():
                    if (kind := alike(text)) not in self._warned:
                        self._warned.add(kind)
                        of_trial = f"method={trial.method} number={trial.number}"
                        yield trial.finished_at or 0.0, 4, "warning", f"{of_trial} {text}"
        self._open = [trial for trial in self._open if not trial.through]

    def _of_trial(self, trial: TrialState, state: RunState) -> str:
        scoring = state.info.scoring if state.info else "score"
        parts = [f"method={trial.method}", f"number={trial.number}", f"state={trial.phase}"]
        if trial.mean is not None:
            parts.append(f"{scoring}={state.own(trial.mean):.6g}")
        if trial.std is not None:
            parts.append(f"std={trial.std:.3g}")
        if trial.phase == "raced" and trial.by_fold and state.info:
            parts.append(f"folds={len(trial.by_fold)}/{state.info.folds}")
        if trial.through:
            parts.append(f"seconds={trial.seconds:.3g}")
        parts += [f"{clean(name)}={clean(value)}" for name, value in trial.params.items()]
        if trial.reused is not None:
            parts.append(f"reused={trial.reused[0]}#{trial.reused[1]}")
        if trial.warnings:
            parts.append(f"warnings={sum(trial.warnings.values())}")
        if trial.error:
            parts.append(f"error={clean(trial.error)!r}")
        if state.best is trial and self._best is not trial:
            self._best = trial
            parts.append("best=yes")
        return " ".join(parts)

    def _line(self, at: float, kind: str, text: str) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(at))
        print(stamp, kind, clean(text, 4000), file=self._out, flush=True)


class Bars(Silent):
    """A bar a method, redrawn in place."""

    def __init__(self, out: IO[str]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("{task.description:<12}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("best {task.fields[best]}"),
            TextColumn("failed {task.fields[failed]}"),
            TimeElapsedColumn(),
            console=Console(file=out, markup=False, highlight=False),
            refresh_per_second=4,
        )
        self._tasks: dict[str, Any] = {}
        self._ended: set[str] = set()

    def __enter__(self) -> Bars:
        self._progress.start()
        # who stops or kills this is to find a cursor
        self._progress.console.show_cursor(True)
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        self._progress.console.print(clean(text, 400), markup=False)

    def show(self, state: RunState) -> None:
        for method in state.methods.values():
            if method.name not in self._tasks:
                self._tasks[method.name] = self._progress.add_task(
                    clean(method.name, 12), start=False, total=method.expected, best="–", failed=0
                )
            task = self._tasks[method.name]
            if method.phase != "waiting":
                self._progress.start_task(task)
            best = state.own(method.best.mean) if method.best else None
            star = " ★" if method.best is not None and method.best is state.best else ""
            self._progress.update(
                task,
                completed=method.finished,
                total=method.expected,
                best=f"{best:.4f}{star}" if best is not None else "–",
                failed=method.failed,
            )
            if method.phase in ENDED and method.name not in self._ended:
                self._ended.add(method.name)
                self._progress.stop_task(task)


def run_headless(run: Run, *, as_json: bool) -> int:
    """Show a run's progress without a screen until it ends, then its comparison; return the exit code."""
    from ...engine.verdict.summary import run_summary
    from .tables import comparison

    with lasting_output(), interrupts(run) as notes:
        watch(Feed(run.folder), run, sys.stdout, notes=notes, quiet=as_json)
        summary = run.summary or run_summary(load_state(run.folder)[0])
        if as_json:
            print_json(summary)
        else:
            print()
            print(comparison(summary))
            print(f"{clean(run.folder.id)}: files in {clean(run.folder.path, 4000)}")
        if run.trouble:
            print(f"tunetop: {clean(run.trouble, 600)}", file=sys.stderr)
        sys.stdout.flush()
    return exit_code(run.outcome)


def start_headless(preset: Preset, store: Store, options: RunOptions) -> Run:
    """Launch a run, with the workers' imports under way before this process begins its own."""
    begin_workers(options.cluster)
    from ...engine.run.launch import launch

    return launch(preset, store, options)


def resume_headless(
    folder: RunFolder, options: RunOptions, *, trials: Sequence[str] = (), add: Sequence[Point] = ()
) -> Run:
    """Resume a run likewise, with what it is to do beyond its plan: see `launch.resume`."""
    begin_workers(options.cluster)
    from ...engine.run.launch import resume

    return resume(folder, options, trials=trials, add=add)
