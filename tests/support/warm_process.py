"""The program from a warm start: a process that has imported everything forks one child a command line.

`python warm_process.py` reads commands from standard input, one JSON object a line, and answers each with a JSON line:
the child's number at once, its exit status once it has ended. The children are the real program, real pool and all;
only the importing is done. Each has a fork server of its own, a child of it as ever, that has imported everything as
well: whatever is killed is nobody else's.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forked import Child

UNWANTED = ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "TMUX", "COLUMNS", "LINES", "PYTHONPATH", "COVERAGE_PROCESS_START")
"""Variables that say something of the terminal or the checkout that the tests were begun from."""


QUICK = {"attach", "export", "list", "presets", "show", "stop"}
"""Commands that need no workers, and so no fork server: where one wants it all the same, it begins its own."""


class Program:
    """One child: a run of the command line."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.ended = threading.Event()
        self.status: int | None = None

    def wait(self, seconds: float = 300.0) -> int:
        """Return the exit code, negative for a signal."""
        assert self.ended.wait(seconds), f"process {self.pid} did not end"
        assert self.status is not None
        return self.status

    def poll(self) -> int | None:
        return self.status

    def kill(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            if not self.ended.is_set():
                os.kill(self.pid, number)


class Warmed:
    """The warm process, as seen from a test."""

    def __init__(self, python_path: Sequence[Path] = ()) -> None:
        paths = os.pathsep.join(map(str, (Path(__file__).parent, *python_path)))
        inherited = {name: value for name, value in os.environ.items() if name not in UNWANTED}
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=inherited | {"PYTHONPATH": paths, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            text=True,
            start_new_session=True,
        )
        self._programs: dict[int, Program] = {}
        self._answers: list[Program] = []
        self._starting = threading.Lock()
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def start(
        self, *arguments: str | Path, out: str | Path = os.devnull, tty: str | None = None, **options: Any
    ) -> Program:
        """Begin `tunetop ARGUMENTS`, writing to a file, or as the leader of a session on the terminal `tty`.

        Options: `cwd`, `umask`, `ignore` (signals to be ignored from the start), `environment`, `err` (a file for
        standard error), `deaf_shell` (the program is the child of a session's leader that does not mind SIGHUP), `doom`
        (see `crash_points`), `script` (a file that is run instead, as Python runs one, with these arguments), `serve`
        (the address of a socket, whose owner's fork server it is instead: see `warm_servers`).
        """
        with self._starting, self._news:
            command = {"arguments": list(map(str, arguments)), "out": str(out), "tty": tty} | options
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(command, default=str) + "\n")
            self._process.stdin.flush()
            assert self._news.wait_for(lambda: self._answers, 300), "the warm process does not answer"
            return self._answers.pop()

    def run(self, *arguments: str | Path, seconds: float = 300.0, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run `tunetop ARGUMENTS` to its end, as `subprocess.run` would, with this process's environment.

        Options: as of `start`; what stands in `environment` comes on top of this process's own.
        """
        inherited = {name: value for name, value in os.environ.items() if name not in UNWANTED}
        environment = inherited | options.pop("environment", {})
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            code = self.start(*arguments, out=out, err=err, environment=environment, **options).wait(seconds)
            return subprocess.CompletedProcess(arguments, code, out.read_text(), err.read_text())

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            with self._news:
                if "status" in answer:
                    program = self._programs.pop(answer["pid"])
                    program.status = answer["status"]
                    program.ended.set()
                else:
                    program = self._programs[answer["pid"]] = Program(answer["pid"])
                    self._answers.append(program)
                self._news.notify_all()

    def close(self) -> None:
        assert self._process.stdin is not None
        for program in list(self._programs.values()):
            program.kill(9)
        self._process.stdin.close()
        self._process.wait(300)


def main() -> None:
    import sklearn.datasets
    import sklearn.ensemble
    import sklearn.metrics  # noqa: F401
    import tunetop.engine.export.formats
    import tunetop.engine.problem.problem
    import tunetop.engine.run.launch
    import tunetop.engine.workers.fit
    import tunetop.tui.app.app
    import tunetop.tui.cli.headless
    import tunetop.tui.cli.run
    import tunetop.tui.cli.tables
    import tunetop.tui.screens.comparison
    import tunetop.tui.screens.monitor.screen
    import tunetop.tui.screens.tournament.screen  # noqa: F401
    from tunetop.tui.cli.main import main as command_line

    with contextlib.redirect_stdout(io.StringIO()):
        command_line(["presets", "--json"])
    # or each child would walk through what was imported, and so copy all of it
    gc.collect()
    gc.freeze()

    lock = threading.Lock()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    fcntl.fcntl(answers.fileno(), fcntl.F_SETFD, fcntl.FD_CLOEXEC)

    def reap(pid: int) -> None:
        _, status = os.waitpid(pid, 0)
        with lock:
            answers.write(json.dumps({"pid": pid, "status": os.waitstatus_to_exitcode(status)}) + "\n")

    for line in sys.stdin:
        command = json.loads(line)
        with lock:
            pid = os.fork()
            if pid == 0:
                _be_the_program(command)
            answers.write(json.dumps({"pid": pid}) + "\n")
        threading.Thread(target=reap, args=(pid,), daemon=True).start()


def _fork_server() -> None:
    """Give this process a fork server that need not import anything."""
    from tunetop.engine.workers import fork_server, warm

    line, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            line.close()
            os.setsid()
            nowhere = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nowhere, descriptor)
            fork_server.main(str(theirs.detach()))
        finally:
            os._exit(1)
    theirs.close()
    warm._server = warm._Server(Child(pid), line)  # type: ignore[arg-type]


def _serve(address: str) -> None:
    """Be the fork server of whoever listens there."""
    from tunetop.engine.workers import fork_server

    line = socket.socket(socket.AF_UNIX)
    line.connect(address)
    fork_server.main(str(line.detach()))


def _be_the_program(command: dict[str, Any]) -> None:
    from tunetop.__main__ import main as program

    os.setsid()
    for number in command.get("ignore", ()):
        signal.signal(number, signal.SIG_IGN)
    if command["tty"]:
        inlet = os.open(command["tty"], os.O_RDWR)
        fcntl.ioctl(inlet, termios.TIOCSCTTY, 0)
        outlet = inlet
    else:
        inlet = os.open(os.devnull, os.O_RDONLY)
        outlet = os.open(command["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for target, source in ((0, inlet), (1, outlet), (2, outlet)):
        os.dup2(source, target)
    for opened in {inlet, outlet}:
        os.close(opened)
    if "err" in command:
        os.dup2(os.open(command["err"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    os.closerange(100, 1000)
    if command.get("deaf_shell"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        if (pid := os.fork()) != 0:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    if "cwd" in command:
        os.chdir(command["cwd"])
    if "umask" in command:
        os.umask(command["umask"])
    os.environ.update(command.get("environment", {}))
    if "serve" in command:
        _serve(command["serve"])
    if not command["arguments"] or command["arguments"][0] not in QUICK:
        _fork_server()
    if command.get("doom"):
        from crash_points import doom

        doom(**command["doom"])
    script = command.get("script")
    sys.argv = [script or "tunetop", *command["arguments"]]
    code: Any = 1
    try:
        if script:
            code = _run_script(script)
        else:
            program()
    except SystemExit as end:
        code = end.code
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - as the interpreter would do at the end of a program
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _run_script(path: str) -> int:
    """Run a script as the interpreter does, with all that is done at its end, and return its exit code."""
    sys.path.insert(0, str(Path(path).resolve().parent))
    try:
        runpy.run_path(path, run_name="__main__")
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    main()
