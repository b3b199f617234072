"""Commands and presets of the pages for users: each word is the command line's own, and what ends by itself is run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from running import run_through
from tunetop.engine.export.formats import DEFAULT, FIGURES, FORMATS, OF_WINNER
from tunetop.engine.preset.preset import load
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.tui.cli.commands import program
from tunetop.tui.cli.main import main
from tunetop.tui.views.catalog import VIEWS

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md",
    "presets/README.md",
    "tui/USING.md",
    "engine/sources/README.md",
    "engine/workers/README.md",
    "CONTRIBUTING.md",
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
PRESETS = (ROOT / "presets" / "README.md").read_text(encoding="utf-8")
CHOICES = {
    "--view": {*VIEWS, "article", "all", "NAME", "curves", "seeds"},
    "--format": {*FORMATS, *FIGURES, *OF_WINNER},
    "--theme": {"dark", "light"},
}


def commands(text: str) -> Iterator[str]:
    """Yield what follows `tunetop` in code, without what is said about it."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = [line for block in blocks for line in re.sub(r"\s*\n +(?=\[)", " ", block).splitlines()]
    lines += [re.sub(r"\s+", " ", code) for code in re.findall(r"`([^`]+)`", prose)]
    for line in lines:
        if line.strip().startswith("tunetop "):
            yield re.split(r"\s{2,}|\s#|\s--\s", line.strip().removeprefix("tunetop"), maxsplit=1)[0].strip()


def named(words: str, commands_: dict[str, Any]) -> list[Any]:
    """Return the commands that the first words name, where they name any."""
    first = re.sub(r"\s*\|\s*", "|", words).split(" ")[0]
    if not re.fullmatch(r"[a-z|]+", first):
        return []
    parents = [commands_[name] for name in first.split("|")]
    return [one for parent in parents for one in (parent, *getattr(parent, "commands", {}).values())]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_one_and_takes_the_options_that_it_is_shown_with(page: str) -> None:
    every: Any = typer.main.get_command(program())
    found = list(commands((ROOT / page).read_text(encoding="utf-8")))
    for words in found:
        takers = named(words, every.commands) or [every]
        known = {
            name
            for taker in takers
            for parameter in taker.params
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", words):
            assert option in known, words
        for option, value in re.findall(r"(--[a-z]+) ([\w,|-]+)", words):
            assert set(re.split(r"[,|]", value)) <= CHOICES.get(option, {*re.split(r"[,|]", value)}), words
    assert found or page == "CONTRIBUTING.md"


FEW = "--headless --workers 1 --methods random --set method.random.trials=1 --set score.folds=2"
"""What makes a run short, and leaves it without a screen."""

RUN = {
    "init": "init churn.csv --to other.toml --target left --model logistic",
    "resume": "resume churn-1 --trials random=2 --headless",
    "attach": "attach churn-1",
    "add": "add churn-1 POINT",
    "race PRESET": f"race churn.toml --seeds 2 {FEW} --to copied",
    "race [PRESET | RACE]": "race churn-race-1 --resume --seeds 3 --headless",
    "race [RACE] --open": "race --open --json",
    "watch": "watch",
    "list": "list --json",
    "show": "show --view bars",
    "export [RUN] [--to DIR]": f"export --to left --format {','.join(DEFAULT)} --force",
    "export [RUN] --format model|joblib|python": "export churn-1 --format model,joblib,python --method random",
    "predict": "predict churn-1 churn.csv --to out.csv --proba",
    "compare": "compare churn-1 --json",
    "completion": "completion zsh",
    "doctor": "doctor --json",
    "clean": "clean --older-than 30d --dry-run",
    "report": "report churn-1 --to churn.html --force --json",
    "export [RUN|RACE] --format png|svg|pdf": "export --format svg --view scatter --theme dark",
    "presets": "presets check churn.toml",
}
"""Beginnings of lines of the README, in its order but for what needs what another leaves; and what is run of each."""

OF_A_RUN_THAT_IS_GOING = "stop|pause|unpause"
"""What these do is tested in `cli/test_cli.py`; here they find that the run has ended."""


def test_what_the_readme_shows_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    block = next(one for one in re.findall(r"```\w*\n(.*?)```", README, re.DOTALL) if one.startswith("tunetop   "))
    lines = [line.removeprefix("tunetop ") for line in block.splitlines() if re.match(r"tunetop \S", line)]
    for line in lines:
        assert [start for start in ("run PRESET", *RUN, OF_A_RUN_THAT_IS_GOING) if line.startswith(start)], (
            f"no test runs it: {line}"
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(tmp_path / "runs"))
    churn_table(tmp_path)
    # the three commands, with fewer trials and without a screen
    for words in ("init churn.csv", f"run churn.toml {FEW}", "report", *RUN.values()):
        parts = shlex.split(words)
        if "POINT" in parts:
            state, _ = load_state(RunFolder(tmp_path / "runs" / "churn-1"))
            parts[2:] = [f"{name}={value}" for name, value in state.methods["random"].trials[0].params.items()]
        assert main(parts) in ((0, 1) if words.startswith("doctor") else (0,)), words
    capsys.readouterr()
    for word in OF_A_RUN_THAT_IS_GOING.split("|"):
        assert main([word, "churn-1"]) == 2
        assert "churn-1 is not running" in capsys.readouterr().err
    assert (tmp_path / "runs" / "churn-1" / "report.html").is_file()
    kept = {path.name.replace("random", "METHOD") for path in (tmp_path / "runs" / "churn-1").iterdir()}
    listed = README.split("| file | what |")[1].split("A race has")[0]
    names = {name for line in listed.splitlines() for name in re.findall(r"`([\w.-]+)`", line.split(" | ")[0])}
    assert len(names) >= 10
    assert names <= kept


def churn_table(folder: Path) -> None:
    rows = [
        f"{20 + row % 50},{'basic' if row * 7 % 5 < 3 else 'pro'},{('no', 'yes')[row % 3 == 0]}" for row in range(90)
    ]
    (folder / "churn.csv").write_text("\n".join(["age,plan,left", *rows]) + "\n")


def houses_table(folder: Path) -> None:
    rows = "".join(f"{a},{a * a % 7},{a * 10 + 1}\n" for a in range(60))
    (folder / "houses.csv").write_text(f"area,rooms,price\n{rows}")


EXAMPLES = re.findall(r"```toml\n(title.*?)```", PRESETS, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_of_presets_run(number: int, tmp_path: Path) -> None:
    churn_table(tmp_path)
    houses_table(tmp_path)
    path = tmp_path / "example.toml"
    path.write_text(EXAMPLES[number])
    few = {f"method.{plan.name}.trials": 1 for plan in load(path).plans() if plan.kind in ("random", "bayes")}
    boosted = "max_iter" if "HistGradient" in EXAMPLES[number] else "regressor.params.n_estimators"
    few |= {f"model.params.{boosted}": 2, "score.folds": 2}
    state = run_through(load(path, few), tmp_path / "runs", workers=1)
    assert state.phase == "done"
    assert not [trial.error for trial in state.trials if trial.error]
