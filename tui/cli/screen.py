"""How a run or a race gets its screen, goes on without one, or never has one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from ...engine.errors import UsageError
from ...engine.record.run_folder import RunFolder
from ...engine.record.store import Store
from ...engine.text import clean
from ...engine.workers.ahead import begin_workers
from ..settings import LOCAL, SettingsFile
from ..terminal.tty import LossGuard, inspect, lasting_output, prepare
from .closing import command_to_see, tell_end
from .detach import detach, resume_detached
from .exit_codes import DONE, STOPPED, exit_code, exit_code_of

if TYPE_CHECKING:
    from ...engine.run.conductor import Run
    from ...engine.tournament.conductor import Tournament


_LOOP_PATIENCE = 3.0
"""Seconds after a run's end in which an event loop that was asked to exit may do so."""


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
    terminal, options = inspect(ssh=ssh), wanted.get("options")
    prepare(terminal)
    cluster = SettingsFile().cluster if options is None else options.cluster
    from ..app.app import TunetopApp
    from ..app.sessions import LEFT_RUNNING

    app = TunetopApp(
        store or Store(),
        thin=terminal.thin,
        mouse=mouse,
        colors=terminal.colors,
        unicode=terminal.unicode,
        once_painted=None if watch_only else partial(begin_workers, cluster),
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
        if self._app.sessions.problem is not None:
            raise self._app.sessions.problem
        if self._app.sessions.starting and not self._going.is_set():
            # left while it was only being loaded
            self._interrupts = 1
            self._app.sessions.launcher.withdraw()
        run = self._left_run() if self._going.is_set() or self._interrupts else self._own_run()
        if run is None:
            return self._app.return_code or self._code(None)
        own = self._app.sessions.own
        stopping = self._interrupts > 0 or (own is not None and own.phase == "stopping")
        if result == self._left_running and not run.finished.is_set() and not self._going.is_set() and not stopping:
            return self._hand_over(run)
        if not run.finished.is_set() and not (own is not None and own.over):
            what = "is stopping" if stopping else "goes on"
            see = f"to see it: {command_to_see(run.folder)}"
            print(f"tunetop: {clean(run.folder.id)} {what} without a screen; {see}", flush=True)
        run.finished.wait()
        return tell_end(run, sys.stdout)

    def _on_term(self) -> None:
        if not self._going.is_set():
            self._let_go()
        else:
            self._on_interrupt()

    def _on_interrupt(self) -> None:
        run = self._app.sessions.launcher.begun
        self._interrupts += 1
        if run is None:
            self._app.sessions.launcher.withdraw()
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
        own = self._app.sessions.own
        return own.run if own is not None else None

    def _left_run(self) -> Run | Tournament | None:
        """Return what goes on without a screen; what was being loaded has begun then, or is not waited for."""
        run = self._app.sessions.launcher.latest()
        if run is not None and self._interrupts:
            # also where that came just before it began
            run.stop()
        return run

    def _code(self, run: Run | Tournament | None) -> int:
        if run is not None:
            return exit_code(run.outcome)
        launcher = self._app.sessions.launcher
        if launcher.withdrawn:
            return STOPPED
        return exit_code_of(launcher.failure) if launcher.failure is not None else DONE

    def _hand_over(self, run: Run | Tournament) -> int:
        """Give the run to a process of its own: finished trials stay, half-done ones start over there."""
        self._handing_over = True
        run.stop_now()
        run.finished.wait()
        if run.outcome != "stopped":
            return tell_end(run, sys.stdout)
        options = self._app.sessions.launcher.options
        extra: list[str] = []
        if options is not None:
            extra = [] if options.workers is None else ["--workers", str(options.workers)]
            extra += ["--cluster", options.cluster or LOCAL]
            extra += [word for module in options.allow_imports for word in ("--allow-import", module)]
        if isinstance(run.folder, RunFolder):
            resume_detached(run.folder, extra)
        else:
            detach(["race", str(run.folder.path), "--resume", *extra])
        print(f"tunetop: {clean(run.folder.id)} goes on; to see it: {command_to_see(run.folder)}")
        return DONE
