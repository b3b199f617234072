"""The command line, as scripts depend on it: what it prints, where, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from kept_runs import FOUR_TRIALS, header, write
from places import SUPPORT
from running import TREE, wait_until
from tunetop.engine.events import RunFinished
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.text import is_harmless
from tunetop.tui.cli.headless import watch
from tunetop.tui.cli.main import main
from tunetop.tui.sessions.run import Feed
from tunetop.tui.terminal.tty import inspect
from turnstile import Turnstile
from warm_process import Warmed


class Shell:
    """Runs `tunetop` in a folder, with runs of its own."""

    def __init__(self, folder: Path, warmed: Warmed) -> None:
        self.folder, self._warmed = folder, warmed
        self.environment = os.environ | {
            "TUNETOP_RUNS_DIR": str(folder / "runs"),
            "PYTHONPATH": str(SUPPORT),
        }

    def __call__(self, *arguments: str, code: int = 0, cold: bool = False) -> subprocess.CompletedProcess[str]:
        """Run it; `cold`: as a process that has imported nothing yet."""
        if cold:
            command = [sys.executable, "-m", "tunetop", *arguments]
            done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        else:
            done = self._warmed.run(*arguments, cwd=self.folder, environment=self.environment)
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory, warmed: Warmed) -> Shell:
    """A shell in a folder with a preset `small.toml` that ran once, as `small-1`."""
    folder = tmp_path_factory.mktemp("shell")
    (folder / "small.toml").write_text(TREE)
    shell = Shell(folder, warmed)
    shell.first = shell("run", "small.toml", "--headless", "--workers", "2")  # type: ignore[attr-defined]
    return shell


def test_headless_lines_come_in_the_order_in_which_things_happened(shell: Shell) -> None:
    lines = shell.first.stdout.splitlines()  # type: ignore[attr-defined]
    places: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        words = dict(word.split("=", 1) for word in line.split() if "=" in word)
        name = words.get("name") or words.get("method")
        if name and (" trial " in line or " method " in line):
            places.setdefault(name, []).append(place)
    for name, found in places.items():
        assert f"name={name} state=running" in lines[found[0]]
        assert f"name={name} state=done" in lines[found[-1]]
    stamps = [line.split()[0] for line in lines if line.startswith("20")]
    assert stamps == sorted(stamps)
    assert next(line for line in reversed(lines) if line.startswith("20")).endswith("run state=done")


def test_a_headless_run_prints_lines_that_can_be_searched(shell: Shell) -> None:
    lines = shell.first.stdout.splitlines()  # type: ignore[attr-defined]
    trials = [line for line in lines if " trial " in line]
    assert sum("method=grid" in line for line in trials) == 12
    assert sum("method=random" in line for line in trials) == 12
    assert all(
        "number=" in line and "accuracy=0." in line and "max_depth=" in line for line in trials if "grid" in line
    )
    assert any(line.startswith("method ") and "95 % interval" in line for line in lines)
    assert is_harmless(shell.first.stdout)  # type: ignore[attr-defined]


def test_run_json_prints_one_document_and_nothing_else(shell: Shell) -> None:
    done = shell("run", "small.toml", "--json", "--methods", "random", "--seed", "9", "--set", "method.random.trials=4")
    summary = json.loads(done.stdout)
    assert summary["state"] == "done"
    assert [(m["method"], m["trials"], m["seed"]) for m in summary["methods"]] == [("random", 4, 9)]


def test_list_show_and_export_agree(shell: Shell, tmp_path: Path) -> None:
    runs = {entry["id"]: entry for entry in json.loads(shell("list", "--json", cold=True).stdout)}
    assert runs["small-1"]["phase"] == "done"
    summary = json.loads(shell("show", "small-1", "--json", cold=True).stdout)
    assert summary["run"] == "small-1"
    best = max(method["cv_score"] for method in summary["methods"])
    assert runs["small-1"]["best"] == best
    assert f"{best:.4f}" in shell("list").stdout
    assert f"{best:.4f}" in shell("show", "small-1").stdout
    done = shell("export", "small-1", "--to", str(tmp_path / "out"), "--format", "csv,json", cold=True)
    assert [Path(line).name for line in done.stdout.split()] == ["trials.csv", "summary.csv", "summary.json"]
    exported = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert exported["methods"] == summary["methods"]


def test_export_overwrites_nothing_unasked(shell: Shell, tmp_path: Path) -> None:
    target = str(tmp_path / "out")
    shell("export", "small-1", "--to", target)
    refused = shell("export", "small-1", "--to", target, code=2)
    assert "exists already" in refused.stderr
    shell("export", "small-1", "--to", target, "--force")


@pytest.mark.skipif(sys.platform != "linux", reason="looks for a folder in which not even root may write")
def test_where_one_may_not_write_another_place_is_asked_for(shell: Shell) -> None:
    refused = shell("export", "small-1", "--to", "/sys/tunetop", code=2)
    assert refused.stderr.startswith("tunetop: /sys/tunetop: ")
    assert refused.stderr.endswith("; name another place\n")


@pytest.mark.parametrize("view", ["heatmap", "scatter", "trajectory", "surface", "bars", "parallel", "importance"])
def test_any_view_can_be_printed_once(shell: Shell, view: str) -> None:
    lines = shell("show", "small-1", "--view", view, "--width", "72", "--height", "18").stdout.splitlines()
    assert len(lines) == 18
    assert all(len(line) <= 72 for line in lines)
    assert any(line.strip() for line in lines)
    if view == "surface":
        # without colours, shades tell heights apart
        assert len(set("".join(lines)) & set("░▒▓█:-=+*#%@")) >= 3


def test_presets_are_listed_shown_and_checked(shell: Shell) -> None:
    names = {preset["name"] for preset in json.loads(shell("presets", "--json").stdout)}
    assert names >= {"breast_cancer_mlp", "breast_cancer_mlp_clean", "titanic_logistic"}
    assert "[space]" in shell("presets", "show", "titanic_logistic").stdout
    assert "150 rows, 4 features" in shell("presets", "check", "small.toml").stdout
    loud = TREE.replace("sklearn.tree.DecisionTreeClassifier", "failing_estimators.Loud")
    (shell.folder / "loud.toml").write_text(loud)
    checked = shell("presets", "check", "loud.toml", "--json", "--allow-import", "failing_estimators")
    assert (json.loads(checked.stdout)["ok"], checked.stderr) == (True, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frobnicate"], "No such command"),
        (["run"], "Missing argument"),
        (["run", "nowhere.toml"], "no such preset file"),
        (["run", "breast_cancer"], "Did you mean breast_cancer_mlp"),
        (["run", "small.toml", "--methods", "grit"], "Did you mean grid"),
        (["run", "small.toml", "--workers", "0", "--headless"], "allowed: a whole number from 1"),
        (["run", "small.toml", "--set", "folds"], "KEY=VALUE"),
        (["run", "small.toml", "--set", "score.folds=1"], "score.folds: found 1; allowed"),
        (["run", "small.toml", "--seed", "-4"], "allowed: a whole number"),
        (["show", "none-such"], "there is no run 'none-such'"),
        (["show", "small-1", "--view", "heatmop"], "Did you mean heatmap"),
        (["export", "small-1", "--format", "xlsx"], "found 'xlsx'; allowed: csv"),
        (["stop", "small-1"], "small-1 is not running"),
        (["presets", "check", "small.toml.txt"], "no such preset"),
        # not small.toml, which is there
        (["presets", "check", "small.v2"], "small.v2: no such preset"),
        (["run", ""], "'': no such preset"),
        (["run", ".."], "..: no such preset"),
        (["run", "./"], "a folder, no preset file"),
        (["init", "."], "a folder; name a .csv"),
        (["init", "/dev/null"], "no plain file; name a .csv"),
        (["run", f"{'a' * 400}.toml"], "File name too long; name another place"),
        (["watch", "a" * 400], "File name too long; name another place"),
        (["watch", ""], "found ''"),
        ([], "--headless"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_code_2(shell: Shell, arguments: list[str], words: str) -> None:
    done = shell(*arguments, code=2)
    assert words in done.stderr
    assert done.stderr.startswith("tunetop: ")
    assert done.stderr.count("\n") == 1
    assert not done.stdout


def test_on_windows_one_line_says_what_to_do() -> None:
    code = "import sys; sys.platform = 'win32'; from tunetop.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "tunetop runs on Linux and macOS; on Windows, start it inside WSL (wsl --install)\n"


def test_ctrl_c_stops_in_good_order_with_a_summary_and_exit_code_3(
    shell: Shell, warmed: Warmed, tmp_path: Path
) -> None:
    import signal

    # the baseline's fits and those of grid's trials, but not its refit: that waits until the run is being stopped
    gate = Turnstile(tmp_path, 4 + 12 * 3)
    (shell.folder / "slow.toml").write_text(gate.text())
    os.mkfifo(tmp_path / "said")
    command = ["run", "slow.toml", "--headless", "--allow-import", "failing_estimators"]
    process = warmed.start(*command, out=tmp_path / "said", cwd=shell.folder, environment=shell.environment)
    said = ""
    with open(tmp_path / "said") as lines:
        for line in lines:
            said += line
            if " trial method=grid number=2" in line:
                # as a terminal does it: to the whole foreground group, workers included
                os.killpg(process.pid, signal.SIGINT)
            if "stopping: running folds are finishing" in line:
                gate.open()
    assert process.wait() == 3
    assert "run state=stopped" in said
    summary = json.loads((shell.folder / "runs" / "slow-1" / "summary.json").read_text())
    assert summary["state"] == "stopped"
    assert summary["methods"][0]["trials"] >= 3
    assert summary["methods"][0]["failed"] == 0


def test_a_detached_run_is_seen_and_stopped_from_elsewhere(shell: Shell, tmp_path: Path) -> None:
    gate = Turnstile(tmp_path)
    (shell.folder / "away.toml").write_text(gate.text())
    done = shell("run", "away.toml", "--detach", "--json", "--allow-import", "failing_estimators")
    run = json.loads(done.stdout)["run"]
    entry = next(entry for entry in json.loads(shell("list", "--json").stdout) if entry["id"] == run)
    assert entry["phase"] == "running"
    refused = shell("resume", run, "--headless", code=2)
    assert str(os.uname().nodename) in refused.stderr
    shell("stop", run)
    wait_until(lambda: load_state(Store(shell.folder / "runs").find(run))[0].phase in ("stopping", "stopped"))
    gate.open()
    watched = shell("attach", run)
    assert "state=stopped" in watched.stdout
    assert json.loads(shell("show", run, "--json").stdout)["state"] == "stopped"


def test_a_detached_run_that_cannot_begin_says_why(shell: Shell) -> None:
    (shell.folder / "wrong.toml").write_text(TREE.replace("DecisionTreeClassifier", "DecisionTreeClasifier"))
    done = shell("run", "wrong.toml", "--detach", code=2)
    assert "Did you mean DecisionTreeClassifier" in done.stderr


def test_what_is_begun_in_the_background_of_a_terminal_gets_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as screen:
        monkeypatch.setattr(sys, "stdin", screen)
        monkeypatch.setattr(sys, "stdout", screen)
        for group, interactive in ((os.getpgrp(), True), (os.getpgrp() + 1, False)):
            monkeypatch.setattr(os, "tcgetpgrp", lambda _, group=group: group)
            assert inspect({"TERM": "xterm"}).interactive is interactive
        monkeypatch.undo()
    os.close(ours)


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_ctrl_c_before_there_is_a_run_leaves_no_traceback(tmp_path: Path, number: str) -> None:
    # an import, in the middle of which somebody presses it
    (tmp_path / "typer.py").write_text(f"import signal\nsignal.raise_signal(signal.{number})\n")
    for arguments in (["list"], ["run", "small.toml"]):
        command = [sys.executable, "-m", "tunetop", *arguments]
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


@pytest.mark.parametrize(
    ("when", "number"),
    [
        # a window that is closed while the program is only beginning
        ("class Closing:\n    def find_spec(self, name, *_):\n        if name == 'tunetop.tui.cli.presets': go()\n"
         "sys.meta_path.insert(0, Closing())", "SIGHUP"),
        # all is done and said
        ("import atexit\natexit.register(go)", "SIGTERM"),
        ("import atexit\natexit.register(go)", "SIGINT"),
    ],
)  # fmt: skip
def test_signals_too_early_or_too_late_change_nothing(tmp_path: Path, when: str, number: str) -> None:
    go = f"import os, signal, sys\ndef go():\n    os.kill(os.getpid(), signal.{number})\n"
    (tmp_path / "sitecustomize.py").write_text(f"{go}{when}\n")
    command = [sys.executable, "-m", "tunetop", "presets"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert "titanic_logistic" in done.stdout


def test_a_run_needs_no_standard_descriptors(shell: Shell) -> None:
    command = [sys.executable, "-m", "tunetop", "run", "small.toml", "--methods", "random", "--workers", "2"]
    closed = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command]
    store = Store(shell.folder / "runs")
    before = store.list()
    assert subprocess.run(closed, cwd=shell.folder, env=shell.environment, timeout=300).returncode == 0
    (run,) = set(store.list()) - set(before)
    state, damage = load_state(run)
    # what is printed has not ended up in the journal, whose number would have been free
    assert (state.phase, state.finished_trials, damage) == ("done", 13, "")


def test_a_detached_run_that_cannot_be_written_says_why(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = shell("run", "small.toml", "--detach", "--runs-dir", str(tmp_path / "file"), code=2)
    assert "is a file, and a folder is wanted there" in done.stderr


def test_a_damaged_journal_is_refused_with_exit_code_4_and_can_still_be_seen(shell: Shell) -> None:
    import shutil

    damaged = shell.folder / "runs" / "damaged-1"
    shutil.copytree(shell.folder / "runs" / "small-1", damaged)
    lines = (damaged / "journal.jsonl").read_bytes().split(b"\n")
    lines[5] = lines[5][:-9] + b"x" + lines[5][-8:]
    (damaged / "journal.jsonl").write_bytes(b"\n".join(lines))
    done = shell("resume", "damaged-1", "--headless", code=4)
    assert done.stderr.count("\n") == 1
    shown = shell("show", "damaged-1")
    assert "damage" in shown.stderr
    assert "baseline" in shown.stdout


def test_what_is_left_of_a_damaged_journal_is_shown_with_a_word_about_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Store(tmp_path / "runs").create("demo", "")
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    attach, show = ["attach", str(folder.path), "--headless"], ["show", str(folder.path)]
    export = ["export", str(folder.path), "--to", str(tmp_path / "out")]
    folder.journal.write_bytes(b"".join([*lines[:2], b"garbage\n", *lines[3:]]))
    for command in (attach, show, export):
        assert main(command) == 0
        assert "line 3 (byte " in "".join(capsys.readouterr())
    assert (tmp_path / "out" / "trials.csv").read_text().count("\n") == 1 + 3
    folder.journal.write_bytes(b"".join(lines[1:]))
    for command in (show, export):
        assert main(command) == 4
        assert "demo-1: nothing is known of this run: " in capsys.readouterr().err
    assert main(attach) == 0
    assert capsys.readouterr().out.count(" trial ") == 4
    folder.journal.write_bytes(b"")
    with folder.lock():
        assert main(show) == 2
        assert "it has only just begun" in capsys.readouterr().err


def test_who_attaches_without_a_screen_is_told_what_keeps_a_run_from_going_on(tmp_path: Path) -> None:
    folder = Store(tmp_path / "runs").create("demo", "")
    write(folder, [header(), *FOUR_TRIALS])
    out = io.StringIO()
    with folder.lock() as lock:
        lock.tell_trouble("paused until there is room")
        watching = threading.Thread(target=watch, args=(Feed(folder), None, out))
        watching.start()
        wait_until(lambda: " note paused until there is room" in out.getvalue())
        write(folder, [RunFinished(state="done")])
    watching.join(300)
    assert " note going on" in out.getvalue()
    assert " run state=done" in out.getvalue()


def test_what_a_locale_cannot_write_comes_as_an_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Path(__file__).parents[1] / "engine" / "verdict" / "recorded" / "mixed-1"
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii", write_through=True))
    assert main(["show", str(recorded)]) == 0
    assert rb"\u2605" in written.getvalue()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_what_cannot_be_printed_is_no_success(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tunetop", "presets"]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert "No space left" in ended.stderr
    ended = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout)
