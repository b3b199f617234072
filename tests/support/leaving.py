"""What leaves a run is held against the run: its script prints the run's scores, its model predicts as the winner."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import runpy
import warnings
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits
from tunetop.engine.export import model, script
from tunetop.engine.export.formats import export
from tunetop.engine.export.predict import exported
from tunetop.engine.export.winner import Choice, Winner, winner_of
from tunetop.engine.files import write_all
from tunetop.engine.preset.imports import ALLOWED
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.record.store import Store


def printed(script: Path) -> list[float]:
    """Return the numbers that a script prints, run as a person would run it."""
    out = io.StringIO()
    # which a script of its own process says before numpy is imported
    with contextlib.redirect_stdout(out), warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        runpy.run_path(str(script), run_name="__main__")
    return [float(number) for number in re.findall(r"(?:cross-validated|test rows): (\S+)$", out.getvalue(), re.M)]


def assert_script_prints_the_scores(
    folder: RunFolder, to: Path, method: str | None = None, allowed: tuple[str, ...] = ALLOWED
) -> str:
    """Export a winner's script, run it and compare; return its text."""
    state, _ = load_state(folder)
    choice = Choice(folder, method, allowed)
    (path,) = export(state, to, ["python"], force=True, winner=choice)
    return _assert_prints(path, winner_of(choice, state))


def _assert_prints(script: Path, winner: Winner) -> str:
    text = script.read_text(encoding="utf-8")
    assert not re.search(r"^\s*(import|from) +\.*tunetop", text, re.M), "the script stands on its own"
    assert printed(script) == pytest.approx([winner.trial.mean, winner.test_score], abs=1e-12)
    return text


def assert_script_is_the_run_but_for_chance(folder: RunFolder, to: Path) -> None:
    """Hold a script whose fits draw without a seed against the winner fitted by hand, both drawing from one state."""
    state, _ = load_state(folder)
    choice = Choice(folder)
    winner = winner_of(choice, state)
    problem, found = winner.problem, []
    for seed in (1, 2):
        np.random.seed(seed)  # what scikit-learn draws from without a random_state
        with threadpool_limits(1):
            folds = [
                problem.metrics[0].scorer(
                    winner.estimator().fit(problem.split.train[fitted], problem.split.train_target[fitted]),
                    problem.split.train[scored],
                    problem.split.train_target[scored],
                )
                for fitted, scored in problem.folds
            ]
            found.append([np.mean(folds), winner.scored(winner.fitted())])
    # one configuration, and two scores: so none can be held against the run's
    assert found[0] != found[1]
    (path,) = export(state, to, ["python"], winner=choice)
    text = path.read_text(encoding="utf-8")
    assert text.count("random_state is not set: scores may be others each time, and other than the run's") == 2
    np.random.seed(1)
    assert printed(path) == pytest.approx(found[0], abs=1e-12)


def assert_all_that_leaves(root: Path, to: Path, method: str, allowed: tuple[str, ...] = ALLOWED) -> None:
    """Hold script and model of the only run in a folder against it: of one winner, for each reads the table anew."""
    (folder,) = Store(root).list()
    state, _ = load_state(folder)
    winner = winner_of(Choice(folder, method, allowed), state)
    made: dict[str, str | bytes] = dict(script.files(winner))
    if importlib.util.find_spec("skops") is not None:
        made |= model.skops_files(winner)
    (written,) = (path for path in write_all(to, made, force=True) if path.suffix == ".py")
    _assert_prints(written, winner)
    pytest.importorskip("skops", reason="the extra model is not installed")
    _assert_predicts(to / "model.skops", winner, allowed)


def assert_model_predicts_as_the_winner(
    folder: RunFolder, to: Path, method: str | None = None, allowed: tuple[str, ...] = ALLOWED
) -> None:
    """Export a winner's model, load it anew, and compare what it predicts with the fit and with the journal."""
    pytest.importorskip("skops", reason="the extra model is not installed")
    state, _ = load_state(folder)
    choice = Choice(folder, method, allowed)
    export(state, to, ["model"], force=True, winner=choice)
    _assert_predicts(to / "model.skops", winner_of(choice, state), allowed)


def _assert_predicts(file: Path, winner: Winner, allowed: tuple[str, ...]) -> None:
    model = exported(file, allowed)
    assert model.facts.refitted_score == pytest.approx(winner.test_score, abs=1e-12)
    problem = winner.problem
    if not problem.preset.model.prepare_before_split:
        theirs = np.asarray(model.estimator.predict(problem.split.test)).reshape(-1)
        assert winner.method.result is not None
        assert theirs.tolist() == pytest.approx(winner.method.result.test_predictions, abs=1e-12)
