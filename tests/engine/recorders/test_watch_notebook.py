"""A watched search in a notebook: one quiet line where it is made, its run in any terminal, and no output after it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def test_a_search_in_a_notebook_says_one_line_and_is_seen_elsewhere(tmp_path: Path) -> None:
    reason = "a notebook's kernel is not installed: pip install ipykernel nbclient"
    nbclient = pytest.importorskip("nbclient", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    nbformat = pytest.importorskip("nbformat", reason=reason)
    cells = [
        "from sklearn.datasets import load_iris\nfrom sklearn.model_selection import GridSearchCV\n"
        "from sklearn.svm import SVC\nfrom tunetop import Watch\nX, y = load_iris(return_X_y=True)",
        f"with Watch(runs_dir={str(tmp_path / 'runs')!r}):\n"
        "    search = GridSearchCV(SVC(), {'C': [1, 2]}, n_jobs=2).fit(X, y)",
        "print(1)",
        "bool(GridSearchCV(SVC(), {'C': [1, 2]}).fit(X, y).best_score_ == search.best_score_)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    said = [
        [(one.get("name"), one.get("text") or one["data"]["text/plain"]) for one in cell.outputs]
        for cell in notebook.cells
    ]
    (line,) = said[1]
    assert said == [[], [line], [("stdout", "1\n")], [(None, "True")]]
    assert line[0] == "stderr"
    assert line[1].count("\n") == 1
    words = line[1].partition("in a terminal: ")[2].split()
    assert words[:2] == ["tunetop", "attach"]
    elsewhere = [sys.executable, "-m", *words]
    done = subprocess.run(elsewhere, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("trial method=grid") == 2
