"""A preset names classes, and no more: what it may import is said on the command line, never by the preset."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from running import TREE, preset_of, run_through
from tunetop.engine.errors import PresetError
from tunetop.engine.model import ALLOWED, resolve

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
    "sklearn.utils.estimator_checks.check_estimator",
    "sklearnish.Thing",
    "sklearn",
    "sklearn.",
    "sklearn..svm.SVC",
    "sklearn.svm.SVC()",
    "sklearn.svm;import os",
    "tunetop.engine.trial.run_task",
]


@pytest.mark.parametrize("path", FORBIDDEN)
def test_what_is_no_estimator_of_an_allowed_library_is_refused(path: str) -> None:
    with pytest.raises(PresetError, match=r"model\.estimator"):
        resolve(path, "model.estimator", "mine.toml")


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
        resolve(path, "model.estimator", "mine.toml")
    assert "spy" not in sys.modules
    assert not spy.exists()


def test_an_allowed_module_opens_its_own_classes_and_nothing_that_it_imports(spy: Path) -> None:
    allowed = (*ALLOWED, "spy")
    assert resolve("spy.Tree", "model.estimator", "mine.toml", allowed).__name__ == "Tree"
    for path in ("spy.os.system", "spy.os.path.join", "spy.sklearn.os.system"):
        with pytest.raises(PresetError) as refused:
            resolve(path, "model.estimator", "mine.toml", allowed)
        assert "--allow-import spy" not in str(refused.value)


def test_the_refusal_says_what_to_say_to_allow_it(tmp_path: Path) -> None:
    text = TREE.replace("sklearn.tree.DecisionTreeClassifier", "troubled.Slow")
    with pytest.raises(PresetError, match="--allow-import troubled"):
        run_through(preset_of(text, tmp_path), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_preset_cannot_allow_itself_anything(tmp_path: Path) -> None:
    for key in ("allow_import", "allow_imports", "allow"):
        for text in (f'{key} = ["os"]\n{TREE}', TREE.replace("[model]", f'[model]\n{key} = ["os"]')):
            with pytest.raises(PresetError, match=key):
                preset_of(text, tmp_path)
