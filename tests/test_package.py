"""The wheel: all that runs, what shells and `man` read, the licence; and nothing else. Built without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from package import ROOMS, ROOT, check_wheel


def test_a_wheel_has_what_runs_and_nothing_else(tmp_path: Path) -> None:
    here = tmp_path / "sources"
    for name in (*ROOMS, "share", "tests/support"):
        shutil.copytree(ROOT / name, here / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "__main__.py", "setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, here)
    code = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    built = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=here, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert "would be ignored" not in built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    check_wheel(wheel)
