"""A script whose search is killed keeps its finished folds, and goes on with them to the very same result."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from running import wait_until
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from warm_process import Warmed

SCRIPT = """
import json, os, sys, time
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier
class Noted(DecisionTreeClassifier):
    def fit(self, X, y):
        if "SLOW" in os.environ: time.sleep(0.02)
        while "SLOW" in os.environ and os.path.exists("fits") and sum(1 for _ in open("fits")) >= 60: time.sleep(0.02)
        super().fit(X, y)
        with open("fits", "a") as file: file.write(f"{self.max_depth} {len(X)} {X[:, 0].sum():.9f}\\n")
        return self
if __name__ == "__main__":
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(Noted(random_state=0), {"max_depth": list(range(1, 31))}, cv=4, n_jobs=int(sys.argv[1]))
    search.fit(X, y)
    kept = {k: [float(x) for x in v] for k, v in search.cv_results_.items() if "score" in k and "time" not in k}
    print(json.dumps([kept, search.best_params_]))
"""


def plain() -> list[object]:
    """Return what the search finds that nobody watches or kills."""
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": list(range(1, 31))}, cv=4)
    search.fit(*load_iris(return_X_y=True))
    kept = {k: [float(x) for x in v] for k, v in search.cv_results_.items() if "score" in k and "time" not in k}
    return [kept, search.best_params_]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_killed_script_goes_on_where_it_was(jobs: str, warmed: Warmed, tmp_path: Path) -> None:
    watch = (
        '    from tunetop import Watch\n    Watch(runs_dir="runs", resume="again" in sys.argv).__enter__()\n    X, y'
    )
    (tmp_path / "watched.py").write_text(SCRIPT.replace("    X, y", watch, 1))
    first = warmed.start(jobs, script="watched.py", cwd=tmp_path, environment={"SLOW": "1"})
    wait_until(lambda: (tmp_path / "fits").exists() and len((tmp_path / "fits").read_text().splitlines()) > 40)
    os.killpg(first.pid, signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    fitted = (tmp_path / "fits").read_text().splitlines()
    (folder,) = Store(tmp_path / "runs").list()
    state, damage = load_state(folder)
    assert (state.phase, damage) == ("interrupted", "")
    again = warmed.run(jobs, "again", script="watched.py", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == plain()
    later = (tmp_path / "fits").read_text().splitlines()[len(fitted) :]
    twice = set(fitted) & set(later)
    # what was fitted, but killed between its fit and its word on it, is fitted again: one fold a worker at most
    assert len(twice) <= int(jobs)
    assert len(later) <= 4 * 30 + 1 - len(fitted) + int(jobs)
