"""How a run or a race gets its screen, goes on without one, or never has one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from ..engine.errors import TunetopError, UsageError
from ..engine.store import RunFolder, Store
from ..engine.text import clean
from ..engine.workers.warm import track_resources, warm_up
from .cli import DONE, FAILED, STOPPED, exit_code_of, message_of
from .terminal import LossGuard, inspect, lasting_output, prepare

if TYPE_CHECKING:
    from ..engine.events import Point
    from ..engine.launch import RunOptions
    from ..engine.preset import Preset
    from ..engine.run import Run
    from ..engine.tournament_run import Tournament

_OUTCOMES = {"done": DONE, "stopped": STOPPED, "failed": FAILED}

_LOOP_PATIENCE = 3.0
"""Seconds after a run's end in which an event loop that was asked to exit may do so."""


def exit_code(outcome: str | None) -> int:
    """Return the exit code for a run's outcome."""
    return _OUTCOMES.get(outcome or "", FAILED)


def has_screen() -> bool:
    """Tell whether there is a terminal for a screen; raise `UsageError` where there is one that cannot show it."""
    terminal = inspect()
    if terminal.interactive and terminal.refusal:
        raise UsageError(terminal.refusal)
    return terminal.interactive


def open_screen(
    store: Store | None = None, *, ssh: bool | None = None, mouse: bool = True, watch_only: bool = False, **wanted: Any
) -> int:
    """Open the screen: the picker, or what `wanted` says to `TunetopApp`; return the exit code.

    `watch_only`: no run is begun unless somebody goes on with one that has ended, so no workers are warmed up.
    """
    if not has_screen():
        raise UsageError(
            "there is no terminal for the screen here; say what to do, as in: tunetop run PRESET --headless"
        )
    terminal = inspect(ssh=ssh)
    prepare(terminal)
    track_resources()
    from .app import TunetopApp
    from .everywhere import LEFT_RUNNING

    app = TunetopApp(
        store or Store(),
        thin=terminal.thin,
        mouse=mouse,
        colors=terminal.colors,
        unicode=terminal.unicode,
        once_painted=None if watch_only else warm_up,
        **wanted,
    )
    return _Showing(app, LEFT_RUNNING).run()


class _Showing:
    """A screen on a terminal that may vanish, over a run or a race that must not.

    Once the screen is let go, the run goes on to its end, and the process ends with it.
    """

    def __init__(self, app: Any, left_running: str) -> None:
        self._app, self._left_running = app, left_running
        self._guard = LossGuard(self._let_go, self._on_term, self._on_interrupt)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._going = threading.Event()
        self._left_loop = threading.Event()
        self._handing_over = False
        self._interrupts = 0

    def run(self) -> int:
        self._guard.install()
        result = asyncio.run(self._show())
        self._left_loop.set()
        with lasting_output():
            try:
                return self._after(result)
            finally:
                if self._going.is_set():
                    self._leave()

    async def _show(self) -> str | None:
        self._loop = asyncio.get_running_loop()
        # whoever lets the screen go from here on finds the loop
        return None if self._going.is_set() else await self._app.run_async(mouse=self._app.mouse_wanted)

    def _leave(self) -> None:
        """End the process at once: Python would wait for the thread that read keys, and that one waits for good."""
        code = self._code(self._left_run())
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)

    def _after(self, result: str | None) -> int:
        if self._app.problem is not None:
            raise self._app.problem
        if self._app.starting and not self._going.is_set():
            # left while it was only being loaded
            self._interrupts = 1
            self._app.launcher.withdraw()
        run = self._left_run() if self._going.is_set() or self._interrupts else self._own_run()
        if run is None:
            return self._app.return_code or self._code(None)
        own = self._app.own
        stopping = self._interrupts > 0 or (own is not None and own.phase == "stopping")
        if result == self._left_running and not run.finished.is_set() and not self._going.is_set() and not stopping:
            return self._hand_over(run)
        if not run.finished.is_set() and not (own is not None and own.over):
            what = "is stopping" if stopping else "goes on"
            print(f"tunetop: {clean(run.folder.id)} {what} without a screen; to see it: {_see(run)}", flush=True)
        run.finished.wait()
        return _tell(run, sys.stdout)

    def _on_term(self) -> None:
        if not self._going.is_set():
            self._let_go()
        else:
            self._on_interrupt()

    def _on_interrupt(self) -> None:
        run = self._app.launcher.begun
        self._interrupts += 1
        if run is None:
            self._app.launcher.withdraw()
        elif self._interrupts == 1:
            run.stop()
        else:
            run.stop_now()
        self._let_go()

    def _let_go(self) -> None:
        """Leave the screen by the event loop if it still turns, and end with the run whatever it does."""
        if self._handing_over or self._going.is_set():
            return
        self._going.set()
        threading.Thread(target=self._end_with_run, name="end-with-run", daemon=True).start()
        # one that is closed has let the screen go already
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._app.exit)

    def _end_with_run(self) -> None:
        run = self._left_run()
        if run is not None:
            run.finished.wait()
        # the event loop may be blocked in a write for good, and the main thread with it: only _exit gets past it
        if not self._left_loop.wait(_LOOP_PATIENCE):
            self._guard.leave_terminal()
            os._exit(self._code(run))

    def _own_run(self) -> Run | Tournament | None:
        """Return the run or race of this process that is on the screen."""
        own = self._app.own
        return own.run if own is not None else None

    def _left_run(self) -> Run | Tournament | None:
        """Return what goes on without a screen; what was being loaded has begun then, or is not waited for."""
        run = self._app.launcher.latest()
        if run is not None and self._interrupts:
            # also where that came just before it began
            run.stop()
        return run

    def _code(self, run: Run | Tournament | None) -> int:
        if run is not None:
            return exit_code(run.outcome)
        launcher = self._app.launcher
        if launcher.withdrawn:
            return STOPPED
        return exit_code_of(launcher.failure) if launcher.failure is not None else DONE

    def _hand_over(self, run: Run | Tournament) -> int:
        """Give the run to a process of its own: finished trials stay, half-done ones start over there."""
        self._handing_over = True
        run.stop_now()
        run.finished.wait()
        if run.outcome != "stopped":
            return _tell(run, sys.stdout)
        options = self._app.launcher.options
        extra: list[str] = []
        if options is not None:
            extra = [] if options.workers is None else ["--workers", str(options.workers)]
            extra += [word for module in options.allow_imports for word in ("--allow-import", module)]
        if isinstance(run.folder, RunFolder):
            resume_detached(run.folder, extra)
        else:
            detach(["race", str(run.folder.path), "--resume", *extra])
        print(f"tunetop: {clean(run.folder.id)} goes on; to see it: {_see(run)}")
        return DONE


def _see(run: Run | Tournament) -> str:
    """Return the command that shows a run or a race."""
    return (
        f"tunetop attach {clean(run.folder.id)}"
        if isinstance(run.folder, RunFolder)
        else f"tunetop race {clean(run.folder.id)} --open"
    )


def _tell(run: Run | Tournament, out: IO[str]) -> int:
    """Say in a few lines how a run or a race ended and where its files are; return the exit code."""
    from ..engine.store import load
    from ..engine.summary import summarise
    from ..engine.tournament_run import Tournament

    if isinstance(run, Tournament):
        from .race_headless import tell

        return tell(run, out)
    summary = run.summary or summarise(load(run.folder)[0])
    if run.trouble:
        print(f"tunetop: {clean(run.trouble, 600)}", file=sys.stderr)
    print(summary["verdict"], file=out)
    print(f"{clean(run.folder.id)}: {summary['state']}; files in {clean(run.folder.path, 4000)}", file=out)
    return exit_code(run.outcome)


def run_headless(run: Run, *, as_json: bool) -> int:
    """Show a run's progress without a screen until it ends, then its comparison; return the exit code."""
    from ..engine.store import load
    from ..engine.summary import summarise
    from .feed import Feed
    from .headless import interrupts, watch
    from .tables import comparison

    with lasting_output(), interrupts(run) as notes:
        watch(Feed(run.folder), run, sys.stdout, notes=notes, quiet=as_json)
        summary = run.summary or summarise(load(run.folder)[0])
        if as_json:
            print(json.dumps(summary, indent=2, allow_nan=False))
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
    warm_up()
    from ..engine.launch import launch

    return launch(preset, store, options)


def resume_headless(
    folder: RunFolder, options: RunOptions, *, trials: Sequence[str] = (), add: Sequence[Point] = ()
) -> Run:
    """Resume a run likewise, with what it is to do beyond its plan: see `launch.resume`."""
    warm_up()
    from ..engine.launch import resume

    return resume(folder, options, trials=trials, add=add)


def resume_detached(folder: RunFolder, extra: Sequence[str] = ()) -> str:
    """Resume a run in a process of its own, free of this terminal; return its id once it is under way."""
    return detach(["resume", str(folder.path), *extra])


def detach(arguments: Sequence[str]) -> str:
    """Do `tunetop ARGUMENTS --headless` in a process of its own; return the run's id once it is under way.

    Raises `TunetopError` with the process's own message when it gets no further than that. The process goes on if this
    one dies with its terminal.
    """
    reader, writer = os.pipe()
    # `-m` would import from the current folder first, which this process may not do
    blind = [] if os.getcwd() in sys.path else ["-P"]
    command = [sys.executable, *blind, "-m", "tunetop", *arguments, "--headless", "--report", str(writer)]
    with os.fdopen(reader, encoding="utf-8") as reports:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[writer],
        )
        os.close(writer)
        try:
            line = reports.readline()
        except BaseException:
            # whoever interrupts this does not know the run's name yet, and wants none
            process.terminate()
            raise
    report = json.loads(line) if line else {"error": "the process ended without a word", "code": FAILED}
    if "error" in report:
        problem = TunetopError(report["error"])
        problem.exit_code = report["code"]
        raise problem
    return report["run"]


@contextlib.contextmanager
def reporting(descriptor: int | None) -> Iterator[Callable[[Run | Tournament | None], None]]:
    """Tell the process that detached this one, if there is such a process, how the start went.

    What is begun, if anything is without a screen, is to be handed to the function that comes; what kept it from
    beginning is told, and raised as ever.
    """

    def tell(**message: Any) -> None:
        if descriptor is not None:
            # it may have been closed with its terminal; what it began goes on
            with contextlib.suppress(BrokenPipeError):
                os.write(descriptor, json.dumps(message).encode() + b"\n")
            os.close(descriptor)

    try:
        yield lambda begun: tell(run=begun.folder.id) if begun is not None else None
    except (TunetopError, OSError) as error:
        tell(error=message_of(error), code=exit_code_of(error))
        raise
