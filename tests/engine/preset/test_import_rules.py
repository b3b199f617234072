"""A preset names classes, and no more: what it may import is said on the command line, never by the preset."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from running import SHORT, TREE, preset_of, run_through, troubles, wait_until
from tunetop.engine.errors import PresetError
from tunetop.engine.preset.imports import ALLOWED, Imports
from tunetop.engine.problem.problem import load_problem

FORBIDDEN = [
    "os.system",
    "builtins.eval",
    "subprocess.Popen",
    "sklearn.utils.os.system",
    "sklearn.utils._testing.os.system",
    "sklearn.datasets._base.os.system",
    "sklearn.datasets._base.os.path.join",
    "sklearn.externals.os.system",
    "sklearn.base.warnings.warn",
    "sklearn.base.warnings.sys.modules",
    "sklearn.__builtins__.eval",
    "sklearn.__loader__.exec_module",
    "sklearn.__spec__.loader",
    "sklearn.tree.DecisionTreeClassifier.fit.__globals__",
    "sklearn.tree.DecisionTreeClassifier.__init__.__builtins__",
    "sklearn.svm.SVC.__class__",
    "sklearn.svm.SVC.mro",
    "sklearn.model_selection._search.np.random.RandomState",
    "sklearn.utils.tests",
    "sklearn.datasets.load_iris",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.utils.estimator_checks.check_estimator",
    "sklearnish.Thing",
    "sklearn",
    "sklearn.",
    "sklearn..svm.SVC",
    "sklearn.svm.SVC()",
    "sklearn.svm;import os",
    "tunetop.engine.workers.fit.run_task",
]


@pytest.mark.parametrize("path", FORBIDDEN)
def test_what_is_no_estimator_of_an_allowed_library_is_refused(path: str) -> None:
    with pytest.raises(PresetError, match=r"model\.estimator"):
        Imports("mine.toml").estimator(path, "model.estimator")


@pytest.fixture
def spy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the mark that the module `spy` of this folder leaves when it is imported."""
    mark = tmp_path / "imported"
    (tmp_path / "spy").mkdir()
    (tmp_path / "spy" / "__init__.py").write_text(
        f"import os\nimport sklearn.tree\nopen({str(mark)!r}, 'w').close()\n"
        "class Tree(sklearn.tree.DecisionTreeClassifier):\n    pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield mark  # type: ignore[misc]
    sys.modules.pop("spy", None)


@pytest.mark.parametrize("path", ["spy.Tree", "spy.os.system", "sklearn.spy.Tree", "sklearn.utils.spy.Tree"])
def test_nothing_of_a_forbidden_module_is_imported(spy: Path, path: str) -> None:
    with pytest.raises(PresetError):
        Imports("mine.toml").estimator(path, "model.estimator")
    assert "spy" not in sys.modules
    assert not spy.exists()


def test_an_allowed_module_opens_its_own_classes_and_nothing_that_it_imports(spy: Path) -> None:
    spying = Imports("mine.toml", allowed=(*ALLOWED, "spy"))
    assert spying.estimator("spy.Tree", "model.estimator").__name__ == "Tree"
    for path in ("spy.os.system", "spy.os.path.join", "spy.sklearn.os.system"):
        with pytest.raises(PresetError) as refused:
            spying.estimator(path, "model.estimator")
        assert "--allow-import spy" not in str(refused.value)
    # an estimator, too, is only what it says that it is
    with pytest.raises(PresetError, match=r"'spy\.sklearn\.tree\.DecisionTreeClassifier' leads to sklearn"):
        Imports("mine.toml", allowed=("spy",)).estimator("spy.sklearn.tree.DecisionTreeClassifier", "model.estimator")


def test_the_refusal_says_what_to_say_to_allow_it(tmp_path: Path) -> None:
    text = TREE.replace("sklearn.tree.DecisionTreeClassifier", "failing_estimators.Slow")
    with pytest.raises(PresetError, match="--allow-import failing_estimators"):
        run_through(preset_of(text, tmp_path), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_preset_cannot_allow_itself_anything(tmp_path: Path) -> None:
    for key in ("allow_import", "allow_imports", "allow"):
        for text in (f'{key} = ["os"]\n{TREE}', TREE.replace("[model]", f'[model]\n{key} = ["os"]')):
            with pytest.raises(PresetError, match=key):
                preset_of(text, tmp_path)


def test_nothing_of_the_current_folder_is_imported(tmp_path: Path) -> None:
    """Neither by a worker, for which `random.py` is not Python's own, nor by a run that is detached."""
    here, mark, script = tmp_path / "here", tmp_path / "imported", tmp_path / "bin" / "start.py"
    here.mkdir()
    script.parent.mkdir()
    script.write_text(
        "import sys\nfrom tunetop.__main__ import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
    )
    for name in ("random", "numpy", "xgboost"):
        (here / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write('{name} ')\nraise ImportError\n")
    preset_of(SHORT, here)
    preset_of(SHORT.replace("sklearn.tree.DecisionTreeClassifier", "xgboost.XGBClassifier"), here, "boosted.toml")

    def tunetop(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(script), *arguments, "--runs-dir", str(tmp_path / "runs")]
        return subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=300)

    done = tunetop("run", "small.toml", "--headless", "--workers", "1")
    assert (done.returncode, done.stderr) == (0, "")
    detached = tunetop("run", "boosted.toml", "--detach")
    # whether the real one is installed or not: it is not the folder's
    assert detached.returncode in (0, 2), detached.stderr
    if detached.returncode == 0:
        wait_until(lambda: list((tmp_path / "runs").glob("boosted*/summary.json")))
    assert not mark.exists(), mark.read_text()


def test_what_a_fit_starts_may_look_around_as_anywhere_else(tmp_path: Path) -> None:
    state = run_through(
        preset_of(troubles("surroundings"), tmp_path),
        tmp_path / "runs",
        workers=1,
        allow_imports=("failing_estimators",),
    )
    errors = {trial.error for trial in state.trials if trial.error}
    assert errors == {"RuntimeError: PYTHONSAFEPATH is ''"}


@pytest.mark.parametrize(
    "written",
    [
        '{ class = "os.system" }',
        '{ class = "sklearn.utils.os.system" }',
        '{ class = "subprocess.Popen", params = { args = "true" } }',
        '{ class = "sklearn.tree.DecisionTreeClassifier", params = { criterion = { class = "os.system" } } }',
        '[["a", { class = "os.system" }]]',
        '{ function = "os.system" }',
        '{ function = "sklearn.utils.os.system" }',
        '{ function = "sklearn.datasets.dump_svmlight_file" }',
        '{ function = "numpy.save" }',
        '{ function = "numpy.frompyfunc" }',
        '{ function = "scipy.io.savemat" }',
    ],
)
def test_what_stands_inside_an_estimator_is_under_the_same_rules(tmp_path: Path, written: str) -> None:
    for table in (f"params = {{ estimator = {written} }}", "params = { n_estimators = 3 }"):
        text = TREE.replace("sklearn.tree.DecisionTreeClassifier", "sklearn.ensemble.BaggingClassifier")
        text = text.replace("params = { random_state = 0 }", table)
        space = f"estimator = [{written}]" if "n_estimators" in table else "max_samples = [0.5, 1.0]"
        text = text[: text.index("[space]")] + f"[space]\n{space}\n" + text[text.index("[score]") :]
        with pytest.raises(PresetError):
            load_problem(preset_of(text, tmp_path))
