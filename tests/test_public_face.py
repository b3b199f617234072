"""What `import tunetop` gives: every public name, and nothing loaded before it is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tunetop


def loaded_after(code: str) -> set[str]:
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sorted(sys.modules))"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("name", tunetop.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(tunetop, name)
    assert name in dir(tunetop)


def test_a_name_that_is_not_there_is_missed_as_everywhere() -> None:
    with pytest.raises(AttributeError, match="module 'tunetop' has no attribute 'Wach'"):
        tunetop.Wach  # noqa: B018


def test_importing_loads_neither_a_screen_nor_anything_heavy() -> None:
    heavy = {"textual", "rich", "sklearn", "scipy", "numpy", "pandas", "plotext", "typer"}
    assert not heavy & loaded_after("import tunetop")
    names = ", ".join(name for name in tunetop.__all__ if name not in ("Watch", "__version__"))
    assert not {"textual", "sklearn"} & loaded_after(f"from tunetop import {names}")


def test_a_run_from_python_in_three_lines_never_imports_a_screen(tmp_path: Path) -> None:
    code = f"""
from tunetop import RunOptions, Store, launch, load_preset, load_run, summarise
if __name__ == "__main__":
    preset = load_preset("titanic_logistic", {{"method.random.trials": 3}})
    run = launch(preset, Store({str(tmp_path)!r}), RunOptions(workers=1, methods=("random",)))
    run.finished.wait()
    print(run.outcome, run.trouble, [one.method for one in summarise(load_run(run.folder)[0]).methods])
    import sys; print(*sorted(sys.modules))
"""
    (tmp_path / "script.py").write_text(code)
    done = subprocess.run([sys.executable, str(tmp_path / "script.py")], capture_output=True, text=True, check=True)
    said, loaded = done.stdout.splitlines()
    assert said == "done  ['random']"
    assert "sklearn" in loaded.split()
    # scikit-learn's own callbacks import rich where it is installed
    assert not {"textual", "plotext"} & set(loaded.split())
