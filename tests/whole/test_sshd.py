"""People start a search over SSH and go home: a real sshd, on loopback, whose sessions are killed."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from breadth import WHOLE
from dask_cluster import free_port
from places import SUPPORT
from running import trials_of
from terminal import Terminal
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.record.store import Store
from turnstile import Turnstile
from warm_process import Warmed
from window_runs import command, enough, until

SSHD = next((path for path in (shutil.which("sshd"), "/usr/sbin/sshd") if path and os.access(path, os.X_OK)), None)

SESSIONS = 2 if WHOLE else 1
"""Sessions that are lost in each way, at once; each imports all anew."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Run a throwaway sshd and return the command that logs in to it."""
    if SSHD is None or shutil.which("ssh") is None:
        if os.environ.get("TUNETOP_TESTS_NEED_SSHD"):
            pytest.fail("there is no sshd here, and TUNETOP_TESTS_NEED_SSHD says that there must be")
        pytest.skip("there is no sshd here")
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    shutil.copy(folder / "user.pub", folder / "authorized_keys")
    port = free_port()
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {folder / 'authorized_keys'}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nPermitRootLogin yes\nMaxStartups 100\nPrintMotd no\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    daemon = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=(folder / "log").open("w"), start_new_session=True
    )
    login = ["ssh", "-tt", "-p", str(port), "-i", str(folder / "user"), "-F", "none"]
    for option in ("StrictHostKeyChecking=no", f"UserKnownHostsFile={folder / 'known'}", "LogLevel=ERROR"):
        login += ["-o", option]
    login.append(f"{getpass.getuser()}@127.0.0.1")
    try:
        until(lambda: "listening" in (folder / "log").read_text() or daemon.poll() is not None)
        assert daemon.poll() is None, (folder / "log").read_text()
        yield login
    finally:
        daemon.terminate()
        daemon.wait(300)


@pytest.fixture(scope="module")
def undisturbed(warmed: Warmed, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Return the trials and the summary of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    gate = Turnstile(folder)
    gate.open()
    done = warmed.run(*_run(folder, gate), "--headless", environment={"PYTHONPATH": str(SUPPORT)})
    assert done.returncode == 0, done.stderr
    (run,) = Store(folder / "runs").list()
    return trials_of(load_state(run)[0]), _summary(run)


def _run(folder: Path, gate: Turnstile) -> list[str]:
    return command(folder, 0.0, trials=12, workers=2, gate=gate)


def _summary(run: RunFolder) -> Any:
    """Return a run's summary without what is different each time: names and durations."""

    def lasting(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: lasting(item) for name, item in value.items() if not _differs(name)}
        return [lasting(item) for item in value] if isinstance(value, list) else value

    return lasting(json.loads(run.summary_json.read_text()))


def _differs(name: str) -> bool:
    return "second" in name or name in ("run", "started")


def _kill_client(terminal: Terminal, run: RunFolder) -> None:
    terminal.process.kill()


def _kill_session(terminal: Terminal, run: RunFolder) -> None:
    owner = run.owner()
    assert owner is not None
    above = [process for process in psutil.Process(owner.pid).parents() if process.name().startswith("sshd")]
    # the last one is the daemon that listens, for all sessions
    assert len(above) >= 2
    for process in above[:-1]:
        process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("kill", [_kill_client, _kill_session])
def test_a_run_begun_over_ssh_goes_on_when_its_session_is_killed(
    server: list[str],
    undisturbed: tuple[Any, Any],
    tmp_path: Path,
    kill: Callable[[Terminal, RunFolder], None],
) -> None:
    terminals: list[Terminal] = []
    stores = [Store(tmp_path / str(number) / "runs") for number in range(SESSIONS)]
    gates: dict[Store, Turnstile] = {}
    try:
        for store in stores:
            store.root.mkdir(parents=True)
            gates[store] = Turnstile(store.root.parent, enough(12))
            words = [sys.executable, "-m", "tunetop", *_run(store.root.parent, gates[store])]
            program = f"PYTHONPATH={shlex.quote(str(SUPPORT))} {shlex.join(words)}"
            terminals.append(Terminal([*server, program]))
        pending = list(zip(terminals, stores, strict=True))

        def kill_those_that_run() -> bool:
            for terminal, store in list(pending):
                for run in store.list():
                    if load_state(run)[0].finished_trials >= 1 and "Sleeping fits" in terminal.text():
                        kill(terminal, run)
                        assert load_state(run)[0].phase == "running"
                        gates[store].open()
                        pending.remove((terminal, store))
            return not pending

        until(kill_those_that_run)
        for terminal in terminals:
            terminal.process.wait(300)
        for store in stores:
            (run,) = store.list()
            until(lambda run=run: not run.is_locked())
            state, damage = load_state(run)
            assert (state.phase, damage) == ("done", "")
            assert trials_of(state) == undisturbed[0]
            assert _summary(run) == undisturbed[1]
            assert all(trial.attempt == 1 for trial in state.trials)
    finally:
        for terminal in terminals:
            terminal.close()
