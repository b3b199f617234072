"""`tunetop watch` at the command line: programs that nobody changed, and studies that somebody else writes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import optuna
import pytest
from running import wait_until
from tunetop.engine.record.store import Store
from warm_process import Warmed

optuna.logging.set_verbosity(optuna.logging.CRITICAL)

START = """
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score, cross_validate
from sklearn.svm import SVC
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X, y = load_iris(return_X_y=True)
"""
SCRIPTS = {
    "searches one after another, around one another, cross-validation in a loop, and a module of its own": (
        "train.py",
        "gs = GridSearchCV(SVC(), {'C': [0.1, 1, 10]}).fit(X, y); print(gs.best_score_)\n"
        "for k in ('rbf', 'linear'): GridSearchCV(SVC(kernel=k), {'C': [1, 2]}).fit(X, y)\n"
        "from sklearn.experimental import enable_halving_search_cv\n"
        "from sklearn.model_selection import HalvingGridSearchCV\n"
        "HalvingGridSearchCV(SVC(), {'C': [0.1, 1, 10]}).fit(X, y)\n"
        "import numpy as np, pandas as pd\n"
        "from sklearn.compose import ColumnTransformer\nfrom sklearn.preprocessing import OneHotEncoder\n"
        "t = pd.DataFrame(X, columns=list('abcd')); t['e'] = np.where(y > 0, 'x', 'z')\n"
        "p = make_pipeline(ColumnTransformer([('n', StandardScaler(), list('abcd')), ('c', OneHotEncoder(), ['e'])]),"
        " SVC())\nGridSearchCV(p, {'svc__C': [1, 10, 100, 1000, 10000]}).fit(t, y)\n"
        "for c in (1, 2, 3): cross_val_score(make_pipeline(StandardScaler(), SVC(C=c)), X, y)\n"
        "cross_validate(GridSearchCV(SVC(), {'C': [1, 2]}), X, y, cv=2)\n"
        "import helper\nhelper.search(X, y)",
        [
            *("gridsearchcv 3", "gridsearchcv 2", "gridsearchcv 2", "halvinggridsearchcv 4", "gridsearchcv 5"),
            *("cross-validate 3", "cross-validate 1", "gridsearchcv 2", "gridsearchcv 2", "gridsearchcv 1"),
        ],
    ),
    "a module run with -m, random in two workers, and a study": (
        "-m train",
        "from scipy.stats import loguniform\n"
        "RandomizedSearchCV(SVC(), {'C': loguniform(1e-2, 1e2)}, n_iter=4, n_jobs=2).fit(X, y)\n"
        "import optuna\n"
        "def f(t): return cross_val_score(SVC(C=t.suggest_float('C', .1, 9)), X, y).mean()\n"
        "s = optuna.create_study(direction='maximize', study_name='mine'); s.optimize(f, n_trials=3)",
        ["randomizedsearchcv 4", "mine 3"],
    ),
}
"""Programs, how each is begun, and what is recorded of it: its searches, and how many trials each has had."""


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_unchanged_program_is_watched(name: str, warmed: Warmed, tmp_path: Path) -> None:
    words, body, expected = SCRIPTS[name]
    (tmp_path / "helper.py").write_text(f"{START}\ndef search(X, y): GridSearchCV(SVC(), {{'C': [1]}}).fit(X, y)\n")
    (tmp_path / "train.py").write_text(START + body + "\nprint('the end')\n")
    program = [sys.executable, *words.split()]
    done = warmed.run("watch", "--json", "--runs-dir", "runs", "--", *program, cwd=tmp_path)
    document = json.loads(done.stdout)
    assert (done.returncode, document["exit"]) == (0, 0), done.stderr
    assert {run["phase"] for run in document["runs"]} == {"done"}
    found = [f"{run['id'].rpartition('-')[0]} {run['finished_trials']}" for run in document["runs"]]
    assert sorted(found) == sorted(expected)
    assert "the end" in done.stderr


def test_a_program_has_as_many_threads_as_without_a_watch(tmp_path: Path) -> None:
    asked = {"OPENBLAS_NUM_THREADS": "3"}
    limits = (
        "OMP_WAIT_POLICY",
        *(f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR")),
    )
    bare = {name: value for name, value in os.environ.items() if name not in limits}
    told = f"import os; print({{name: os.environ.get(name) for name in {limits}}})"
    command = [sys.executable, "-m", "tunetop", "watch", "--headless", "--", sys.executable, "-c", told]
    done = subprocess.run(command, cwd=tmp_path, env=bare | asked, capture_output=True, text=True, timeout=300)
    assert str(dict.fromkeys(limits) | asked) in done.stderr


def test_the_programs_exit_code_and_mistakes_are_passed_on(warmed: Warmed, tmp_path: Path) -> None:
    ended = warmed.run("watch", "--json", "--", sys.executable, "-c", "raise SystemExit(7)", cwd=tmp_path)
    assert ended.returncode == 7
    missing = warmed.run("watch", "--headless", "--", "no-such-program", cwd=tmp_path)
    assert (missing.returncode, missing.stderr) == (
        2,
        "tunetop: no-such-program cannot be run: No such file or directory\n",
    )
    isolated = warmed.run("watch", "--headless", "--", sys.executable, "-I", "-c", "pass", cwd=tmp_path)
    assert "began no Python that can be watched" in isolated.stderr
    storage = "--storage=postgresql://me:hunter2@host/db"
    killed = warmed.run(
        "watch", "--headless", "--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)", storage, cwd=tmp_path
    )
    assert killed.returncode == 137
    assert "postgresql://host/db was ended by the signal SIGKILL; out of memory, as a rule" in killed.stderr
    (tmp_path / "other" / "tunetop").mkdir(parents=True)
    (tmp_path / "other" / "tunetop" / "__init__.py").write_text("raise RuntimeError('made for another Python')")
    (tmp_path / "begin.sh").write_text(f'PYTHONPATH="$PYTHONPATH:{tmp_path / "other"}" exec "$1" -c pass\n')
    older = warmed.run("watch", "--headless", "--", "sh", "begin.sh", sys.executable, cwd=tmp_path)
    assert older.returncode == 0
    assert "cannot be watched: RuntimeError: made for another Python" in older.stderr
    assert "began no Python" not in older.stderr


LOOP = """
import time
from pathlib import Path
from tunetop import Watch
with Watch.recording("loop", quiet=True):
    while not Path("left").exists():
        time.sleep(0.05)
    print("at work", flush=True)
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        print("caught it")
        raise SystemExit(5)
"""
LEFT = """
import signal, sys
from pathlib import Path
from tunetop.engine.record.store import Store
from tunetop.tui.cli import screen
from tunetop.tui.cli.watch_program import watch_program
def leave(*_, **__):
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    Path("left").touch()
screen.open_screen = leave
words = [sys.executable, "loop.py"]
raise SystemExit(watch_program(words, Store("runs"), screen=True, as_json=False, resume=False, ssh=None, mouse=True))
"""


@pytest.mark.parametrize(("sent", "code", "said"), [(signal.SIGINT, 5, b"caught it"), (signal.SIGTERM, 143, b"")])
def test_a_signal_reaches_the_program_once_its_screen_was_left(
    sent: signal.Signals, code: int, said: bytes, tmp_path: Path
) -> None:
    (tmp_path / "loop.py").write_text(LOOP)
    with open(tmp_path / "said", "wb") as out:
        watching = subprocess.Popen([sys.executable, "-c", LEFT], cwd=tmp_path, stdout=out, stderr=out)
    wait_until(lambda: b"at work" in (tmp_path / "said").read_bytes())
    watching.send_signal(sent)
    assert watching.wait(300) == code
    assert said in (tmp_path / "said").read_bytes()


def test_a_sitecustomize_of_ones_own_is_run_too(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import builtins; builtins.mine = 5")
    script = "import sys; print(mine, [p for p in sys.path if 'recorders' in p], file=sys.stderr)"
    command = ["env", f"PYTHONPATH={tmp_path / 'site'}", sys.executable, "-m", "tunetop"]
    command += ["watch", "--headless", "--", sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.stderr.startswith("5 []"), done.stderr


def test_a_study_is_followed_in_lines_and_kept(warmed: Warmed, tmp_path: Path) -> None:
    study = optuna.create_study(storage=f"sqlite:///{tmp_path / 's.db'}", study_name="demo")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=5)
    done = warmed.run("watch", "s.db", "--headless", "--of", "5", "--record", "--runs-dir", "runs", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line.split(" ", 1)[1] for line in done.stdout.splitlines()]
    assert lines[0].startswith("run id=demo source='Optuna, SQLite file'")
    assert sum(line.startswith("trial method=study") for line in lines) == 5
    values = [float(line.split("value=")[1].split()[0]) for line in lines if "value=" in line]
    assert values == pytest.approx([trial.value for trial in study.trials], rel=1e-5)
    (folder,) = Store(tmp_path / "runs").list()
    listed: Any = json.loads(warmed.run("list", "--json", "--runs-dir", "runs", cwd=tmp_path).stdout)
    runs = listed["runs"] if isinstance(listed, dict) else listed
    assert runs[0]["finished_trials"] == 5
    assert runs[0]["best"] == study.best_value
    shown: Any = json.loads(warmed.run("show", folder.id, "--json", "--runs-dir", "runs", cwd=tmp_path).stdout)
    assert shown["methods"][0]["cv_score"] == study.best_value
    assert shown["outcome"] == "watched"
    exported = warmed.run(
        "export", folder.id, "--to", "out", "--format", "csv,optuna", "--runs-dir", "runs", cwd=tmp_path
    )
    assert exported.returncode == 0, exported.stderr
    again = optuna.load_study(study_name=None, storage=f"sqlite:///{tmp_path / 'out' / 'optuna.db'}")
    assert again.best_value == study.best_value
    resumed = warmed.run("resume", folder.id, "--headless", "--runs-dir", "runs", cwd=tmp_path)
    assert resumed.returncode == 2
    assert "is a search of another program" in resumed.stderr


def test_alone_it_lists_what_there_is(warmed: Warmed, tmp_path: Path) -> None:
    optuna.create_study(storage=f"sqlite:///{tmp_path / 's.db'}", study_name="demo")
    (tmp_path / "other.db").write_text("no database")
    done = warmed.run("watch", "--json", cwd=tmp_path)
    files = [one for one in json.loads(done.stdout) if one["kind"].startswith("Optuna")]
    entry = {"source": "s.db", "study": "demo", "kind": "Optuna, SQLite", "what": "demo (0 of 0 trials)", "live": True}
    assert files == [entry]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gone.db"], "there is no gone.db; allowed:"),
        (["a.db", "b.db"], "found 2 sources; allowed: one, or a command after --"),
        (["a.db", "--of", "0"], "--of: found 0; allowed: a whole number from 1 on"),
        (["a.db", "--direction", "up"], "--direction: found 'up'; allowed: minimize, maximize, min, max"),
    ],
)
def test_mistakes_are_told_in_one_line(words: list[str], said: str, warmed: Warmed, tmp_path: Path) -> None:
    done = warmed.run("watch", "--headless", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"tunetop: {said}")
    assert done.stderr.count("\n") == 1
