"""`tunetop watch -- COMMAND…`: an unchanged program, and every search in it a run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ...engine.errors import UsageError
from ...engine.record.run_folder import RunFolder
from ...engine.record.store import Store, run_entry
from ...engine.recorders.program import Told, environment
from ...engine.sources.address import without_credentials
from ...engine.text import clean
from ...engine.workers.warm import unlimited
from ..sessions.run import Feed
from .closing import print_json
from .headless import Lines

_LOOK = 0.1


def watch_program(
    words: Sequence[str], store: Store, *, screen: bool, as_json: bool, resume: bool, ssh: bool | None, mouse: bool
) -> int:
    """Run a program with its searches watched, and return its exit code."""
    with tempfile.TemporaryDirectory(prefix="tunetop-") as folder:
        program = Program(words, store, Path(folder), resume=resume, quiet=screen)
        if screen:
            return _on_screen(program, store, ssh=ssh, mouse=mouse)
        return _in_lines(program, as_json=as_json)


class Program:
    """A program that runs with its searches watched; its output goes to stderr, so that lines on stdout stay whole."""

    def __init__(self, words: Sequence[str], store: Store, folder: Path, *, resume: bool, quiet: bool) -> None:
        """Begin it; `quiet` keeps what it prints in a file, for a screen is in the way, until `print_rest`."""
        told = folder / "told"
        told.touch(0o600)
        self.told = Told(told)
        self.name = clean(without_credentials(" ".join(words)), 200)
        surroundings = environment(unlimited(), told, runs_dir=store.root.absolute(), resume="*" if resume else "")
        self._output = folder / "output"
        self._printed = 0
        self._gone: set[Path] = set()
        where = open(self._output, "wb") if quiet else sys.stderr  # noqa: SIM115 - closed below
        try:
            self._process = subprocess.Popen(
                list(words),
                env=surroundings,
                stdin=subprocess.DEVNULL if quiet else None,
                stdout=where,
                stderr=subprocess.STDOUT if quiet else None,
                # the keys of the screen are not meant for it
                start_new_session=quiet,
            )
        except OSError as error:
            raise UsageError(f"{clean(words[0], 200)} cannot be run: {error.strerror}") from error
        finally:
            if quiet:
                where.close()

    def poll(self) -> int | None:
        """Take in what its processes told; return its exit code once it has ended."""
        code = self._process.poll()
        self.told.poll()
        return code

    def next_run(self) -> RunFolder | None:
        """Return the next of its runs that was not on the screen yet."""
        self.poll()
        for path in self.told.runs:
            if path not in self._gone:
                self._gone.add(path)
                return RunFolder(path)
        return None

    def print_rest(self) -> None:
        """Print what it printed since this was last asked for."""
        with open(self._output, "rb") as file:
            file.seek(self._printed)
            data = file.read()
        self._printed += len(data)
        sys.stdout.buffer.write(data)
        sys.stdout.flush()

    def wait(self) -> int:
        """Wait for its end, and return its exit code."""
        return self._process.wait()

    def interrupt(self) -> None:
        """Ask the program to end; a Ctrl+C from the terminal has reached it already."""
        self._process.send_signal(signal.SIGTERM)

    def pass_on(self, how: signal.Signals) -> None:
        """Send a signal to all processes of a program that has a session of its own, as its terminal would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)


def _on_screen(program: Program, store: Store, *, ssh: bool | None, mouse: bool) -> int:
    """Show the program's output until its first search begins, its searches then, and its output again after that.

    Leaving the screen leaves the program running. Ctrl+C reaches it then as it would without the screen; one that does
    not end for it is told to by a second one, and ended by the third.
    """
    from .screen import open_screen

    first = None
    _pass_on_signals(program)
    try:
        while first is None and program.poll() is None:
            first = program.next_run()
            program.print_rest()
            time.sleep(_LOOK)
        first = first or program.next_run()
        if first is not None:
            open_screen(
                store, ssh=ssh, mouse=mouse, folder=first, control=True, next_run=program.next_run, watch_only=True
            )
    except KeyboardInterrupt:
        program.pass_on(signal.SIGINT)
        code = _wait(program, [signal.SIGTERM, signal.SIGKILL])
    else:
        # the screen has made signals its own
        _pass_on_signals(program)
        code = _wait(program, [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    program.print_rest()
    _tell_what_was_not(program)
    for path in program.told.runs:
        print(f"tunetop: {clean(path.name)} is kept; to see it: tunetop attach {clean(path.name)}", file=sys.stderr)
    return code if code >= 0 else 128 - code


def _pass_on_signals(program: Program) -> None:
    """Have Ctrl+C raise KeyboardInterrupt, and a request to end passed on to the program."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: program.pass_on(signal.SIGTERM))


def _wait(program: Program, signals: list[signal.Signals]) -> int:
    """Print what the program prints until it ends, and return its exit code; each Ctrl+C sends it the next signal."""
    while True:
        try:
            while (code := program.poll()) is None:
                program.print_rest()
                time.sleep(_LOOK)
            return code
        except KeyboardInterrupt:
            program.pass_on(signals.pop(0) if len(signals) > 1 else signals[0])


def _in_lines(program: Program, *, as_json: bool) -> int:
    """Tell of all its searches in lines, each with its run's name, until the program ends."""
    shown: dict[Path, tuple[Feed, _RunLines]] = {}
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    forwarded = signal.signal(signal.SIGTERM, lambda *_: program.interrupt())
    try:
        while True:
            code = program.poll()
            for path in program.told.runs:
                if path not in shown:
                    shown[path] = (Feed(RunFolder(path)), _RunLines(sys.stdout, path.name))
            for feed, lines in shown.values():
                while feed.poll(0.5) and feed.behind:
                    pass
                if not as_json:
                    lines.show(feed.state)
            if code is not None:
                break
            time.sleep(_LOOK)
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, forwarded)
    _tell_what_was_not(program)
    if as_json:
        entries = [run_entry(RunFolder(path)) for path in shown]

        print_json({"exit": code, "runs": entries})
    # a process that a signal ended has a negative code; a shell would say 128 and the signal
    return code if code >= 0 else 128 - code


def _tell_what_was_not(program: Program) -> None:
    """Say why there may be nothing to see, or no more than there is."""
    told = program.told
    if (code := program.poll()) is not None and code < 0 and -code not in (signal.SIGINT, signal.SIGTERM):
        why = "; out of memory, as a rule" if -code == signal.SIGKILL else ""
        print(f"tunetop: {program.name} was ended by the signal {_signal_name(-code)}{why}", file=sys.stderr)
    for problem in list(dict.fromkeys(told.problems))[:5]:
        print(f"tunetop: {clean(problem, 400)}", file=sys.stderr)
    if told.runs:
        return
    if told.absent:
        print(
            f"tunetop: {clean(told.absent, 200)} has no tunetop: install it there, and its searches can be watched",
            file=sys.stderr,
        )
    elif not told.pythons and not told.problems:
        print(
            f"tunetop: {program.name} began no Python that can be watched (-I, -E and -S keep it out)", file=sys.stderr
        )
    elif told.pythons:
        print(f"tunetop: {program.name} made no search that is known here", file=sys.stderr)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


class _RunLines(Lines):
    """Lines that name their run: a program may make several searches, at the same time too."""

    def __init__(self, out: IO[str], run: str) -> None:
        super().__init__(out)
        self._run = run

    def _line(self, at: float, kind: str, text: str) -> None:
        super()._line(at, kind, text if kind == "run" and text.startswith("id=") else f"run={self._run} {text}")
