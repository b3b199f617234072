"""The package as strangers get it: built, checked, and installed with nothing but the oldest that pyproject allows.

Needs a package index. Seen on two busy cores: 14 minutes, most of it for pip; 80 s on quiet ones.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import venv
from pathlib import Path

import pytest
from package import ROOT, check_wheel, oldest
from terminal import Terminal

EXTRAS = ("figures", "report", "model", "optuna", "parquet", "excel", "table")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of `make package`."""
    place = tmp_path_factory.mktemp("dist")
    sources = place / "sources"
    ignored = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info", "build")
    shutil.copytree(ROOT, sources, ignore=ignored)
    subprocess.run(["make", "package", f"DIST={place / 'dist'}"], cwd=sources, check=True)
    return place / "dist"


class Installed:
    """A clean environment with the wheel in it, and whatever else is asked for."""

    def __init__(self, place: Path, dist: Path, extras: tuple[str, ...]) -> None:
        self.place, self.bin = place, place / "venv" / "bin"
        venv.create(place / "venv", with_pip=True)
        (wheel,) = dist.glob("*.whl")
        (place / "oldest.txt").write_text("\n".join(oldest(*extras)))
        wanted = f"{wheel}[{','.join(extras)}]" if extras else str(wheel)
        pip = [self.bin / "python", "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        subprocess.run([*pip, "-c", place / "oldest.txt", wanted], check=True)
        self.environment = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(place),
            "TUNETOP_RUNS_DIR": str(place / "runs"),
            "LANG": "C.UTF-8",
        }

    def tunetop(self, *arguments: str, code: int = 0) -> str:
        """Do a command and return what it printed."""
        done = subprocess.run(
            ["tunetop", *arguments],
            executable=self.bin / "tunetop",
            cwd=self.place,
            capture_output=True,
            text=True,
            env=self.environment,
        )
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr


def test_the_sources_are_all_there_and_without_tests(dist: Path) -> None:
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    assert not any(name.startswith(("tests/", ".")) for name in names)
    wanted = {"LICENSE", "README.md", "CHANGELOG.md", "engine/README.md", "share/man/man1/tunetop.1", "setup.py"}
    assert wanted <= names
    (wheel,) = dist.glob("*.whl")
    check_wheel(wheel)


def test_the_oldest_alone_are_enough_for_all_that_needs_no_extra(dist: Path, tmp_path: Path) -> None:
    here = Installed(tmp_path, dist, ())
    installed = subprocess.run(
        [here.bin / "python", "-m", "pip", "freeze"], capture_output=True, text=True, check=True
    ).stdout.lower()
    for requirement in oldest():
        assert requirement.split("==")[0].replace("_", "-") in installed.replace("_", "-")
    assert here.tunetop("--version").startswith("tunetop ")
    assert "completion" in here.tunetop("--help")
    table = next((here.place / "venv").rglob("titanic.csv"))
    shutil.copy(table, tmp_path / "people.csv")
    assert "tunetop run" in here.tunetop("init", "people.csv", "--target", "Survived")
    assert "good;" in here.tunetop("presets", "check", "people.toml")
    assert "files in" in here.tunetop("run", "titanic_logistic", "--methods", "grid,random", "--headless")
    assert "titanic_logistic-1" in here.tunetop("list")
    assert json.loads(here.tunetop("show", "--json"))["state"] == "done"
    assert "C →" in here.tunetop("show", "--view", "heatmap", "--width", "80")
    assert "winner-" in here.tunetop("export", "--format", "csv,python", "--to", "out")
    assert "tunetop[report]" in here.tunetop("report", code=2)
    assert "tunetop[figures]" in here.tunetop("export", "--format", "png", code=2)
    assert here.tunetop("completion", "runs") == "titanic_logistic-1\n"
    assert "package" in here.tunetop("doctor")
    assert here.tunetop("clean", "titanic_logistic-1", "--dry-run")
    with Terminal([str(here.bin / "tunetop"), "attach"], columns=100, rows=30, environment=here.environment) as screen:
        screen.wait_for("95 % interval", 60)
        screen.type("q")
        screen.process.wait(60)
    man = shutil.which("man")
    if man is not None:
        found = subprocess.run([man, "-w", "tunetop"], capture_output=True, text=True, env=here.environment)
        assert found.stdout.strip() == str(here.place / "venv" / "share/man/man1/tunetop.1")


def test_so_are_they_for_the_extras(dist: Path, tmp_path: Path) -> None:
    here = Installed(tmp_path, dist, EXTRAS)
    shutil.copy(next((here.place / "venv").rglob("titanic.csv")), tmp_path / "people.csv")
    here.tunetop("run", "titanic_logistic", "--methods", "random", "--headless")
    assert (tmp_path / here.tunetop("report").strip()).stat().st_size > 100_000
    written = here.tunetop("export", "--format", "png,svg,pdf,model,python,optuna,optuna-journal", "--to", "out")
    assert {Path(line).suffix for line in written.split()} >= {".png", ".svg", ".pdf", ".skops", ".py", ".db"}
    here.tunetop("predict", "out/model.skops", "people.csv", "--to", "said.csv")
    assert (tmp_path / "said.csv").read_text().startswith("prediction\n")
    script = next((tmp_path / "out").glob("winner-*.py"))
    subprocess.run([here.bin / "python", script], check=True, env=os.environ | here.environment, cwd=tmp_path)
    convert = "import pandas; t = pandas.read_csv('people.csv'); t.to_parquet('p.parquet'); t.to_excel('e.xlsx')"
    subprocess.run([here.bin / "python", "-c", convert], check=True, cwd=tmp_path)
    for name in ("p.parquet", "e.xlsx"):
        here.tunetop("init", name, "--target", "Survived", "--to", f"{name[0]}.toml")
    (tmp_path / "wide.toml").write_text(
        'title = "Wide"\n[data]\nsource = "csv:people.csv"\ntarget = "Survived"\n'
        '[model]\nestimator = "sklearn.linear_model.LogisticRegression"\nprepare = ["table", "impute", "standard"]\n'
        '[space]\nC = [0.1, 1.0]\n[score]\nscoring = "accuracy"\n[[method]]\nkind = "optuna"\ntrials = 3\n'
    )
    assert "optuna" in here.tunetop("run", "wide.toml", "--headless")
