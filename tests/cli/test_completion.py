"""What shells complete and what `man` shows: made from the command line itself, quick, and never expanded."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from terminal import Terminal
from tunetop.engine.record.store import Store
from tunetop.tui.cli.commands import program
from tunetop.tui.cli.main import main
from tunetop.tui.cli.shell.command import PLACES, shared_files
from tunetop.tui.cli.shell.names import NAMES, asked_for, names
from tunetop.tui.cli.shell.table import read

SHARE = Path(__file__).parents[2] / "share"
TUNETOP = Path(sys.executable).with_name("tunetop")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with two runs and a race, and one whose name would be run by a careless script."""
    root = tmp_path_factory.mktemp("shell") / "runs"
    for name in ("churn-1", "churn-2", "races/iris-race-1", "$(touch hurt)", "churn 3;touch hurt"):
        (root / name).mkdir(parents=True)
        (root / name / "journal.jsonl").touch()
    (root.parent / "own.toml").touch()
    return root


def test_the_files_are_what_the_command_line_is_now() -> None:
    for place, text in shared_files(typer.main.get_command(program())).items():
        assert (SHARE / place).read_text(encoding="utf-8") == text, f"{place} is old: make share"


def test_the_manual_names_every_command_option_and_exit_code() -> None:
    page = (SHARE / PLACES["man"]).read_text(encoding="utf-8")
    for command in read(typer.main.get_command(program()), models=()).all():
        assert f".SS tunetop {' '.join(command.words)}".rstrip() in page or not command.words
        for option in command.options:
            assert all(name.replace("-", "\\-") in page for name in option.names)
    assert page.split(".SH EXIT STATUS")[1].split(".SH")[0].count(".TP") == 5
    assert "--report" not in page.replace("\\", "")


def test_the_manual_is_set_without_a_warning() -> None:
    man = shutil.which("man")
    if man is None or b"minimized" in Path(man).read_bytes()[:4000]:
        pytest.skip("no man is installed")
    done = subprocess.run(
        [man, "--warnings", "-l", SHARE / PLACES["man"]], capture_output=True, text=True, env={"LANG": "C.UTF-8"}
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert "EXIT STATUS" in done.stdout


def test_names_come_from_the_folder_and_only_such_as_need_no_quotes(runs: Path) -> None:
    store = Store(runs)
    assert sorted(names("runs", store)) == ["churn-1", "churn-2"]
    assert sorted(names("runs-races", store)) == ["churn-1", "churn-2", "iris-race-1"]
    assert "titanic_logistic" in names("presets", store)
    assert names("runs", Store(runs / "nowhere")) == []
    for what in NAMES:
        assert asked_for(["completion", what, "--runs-dir", str(runs)]) == names(what, store)
    for other in (["completion"], ["completion", "bash"], ["completion", "runs", "--help"], ["runs", "runs"]):
        assert asked_for(other) is None


def test_names_are_told_without_anything_heavy(runs: Path) -> None:
    code = f"""
import sys
from tunetop.tui.cli.main import main
main(["completion", "presets-races", "--runs-dir", {str(runs)!r}])
print(sorted({{"typer", "click", "numpy", "pandas", "sklearn", "rich", "textual"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["iris-race-1", "[]"]


def test_a_shell_that_is_none_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "fisch"]) == 2
    assert capsys.readouterr().err == (
        "tunetop: completion: found 'fisch'; allowed: bash, zsh, fish. Did you mean fish?\n"
    )


def test_the_command_prints_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "zsh"]) == 0
    assert capsys.readouterr().out == (SHARE / PLACES["zsh"]).read_text(encoding="utf-8")


LINES = {
    "tunetop sh": "show",
    "tunetop nonsense ": "",
    "tunetop presets ": "check show",
    "tunetop show chu": "churn-1 churn-2",
    "tunetop predict churn-1 ": "",
    "tunetop compare churn-1 ": "churn-1 churn-2",
    "tunetop report i": "iris-race-1",
    "tunetop run o": "own.toml",
    "tunetop run tit": "titanic_logistic",
    "tunetop run --cluster nowhere tit": "titanic_logistic",
    "tunetop --runs-dir {races} show ": "iris-race-1",
    "tunetop --runs-dir={races} compare ": "iris-race-1",
    "tunetop show --vi": "--view",
    "tunetop show --view he": "heatmap",
    "tunetop export --theme ": "dark light",
    "tunetop export --format csv,js": "csv,json",
    "tunetop init --model lo": "logistic",
    "tunetop run -- ": "",
}


def test_bash_completes_lines(runs: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    lines = {line.format(races=runs / "races"): wanted for line, wanted in LINES.items()}
    # as bash itself parts a line: at the sign = too
    asked = "\n".join(
        f"ask {line.replace('=', ' = ')}{shlex.quote('') if line.endswith(' ') else ''}" for line in lines
    )
    script = f"""
source {SHARE / PLACES["bash"]}
ask() {{
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tunetop
    printf '%s\\n' "${{COMPREPLY[@]}}" | sort | paste -sd ' '
}}
tunetop() {{ {TUNETOP} "$@"; }}
{asked}
"""
    done = subprocess.run(
        [bash, "--norc"],
        input=script,
        capture_output=True,
        text=True,
        cwd=runs.parent,
        env={"TUNETOP_RUNS_DIR": str(runs), "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )
    assert done.stderr == ""
    assert dict(zip(lines, done.stdout.split("\n"), strict=False)) == lines
    assert not (runs.parent / "hurt").exists()


def test_fish_completes_lines(runs: Path) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("no fish is installed")
    lines = {line.format(races=runs / "races"): wanted for line, wanted in LINES.items() if wanted}
    asked = "\n".join(f"complete -C '{line}' | string replace -r '\\t.*' '' | sort | string join ' '" for line in lines)
    script = f"source {SHARE / PLACES['fish']}\nset -x TUNETOP_RUNS_DIR {runs}\nset -x PATH {TUNETOP.parent} $PATH\n"
    done = subprocess.run([fish, "--no-config"], input=script + asked, capture_output=True, text=True, cwd=runs.parent)
    assert done.stderr == ""
    assert dict(zip(lines, done.stdout.split("\n"), strict=False)) == lines
    assert not (runs.parent / "hurt").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_line_is_completed_by_the_tabulator(shell: str, runs: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} is installed")
    command = {"bash": [program, "--norc", "-i"], "zsh": [program, "-f", "-i"]}[shell]
    path = f"{TUNETOP.parent}:/usr/bin:/bin"
    begin = {
        "bash": f"source {SHARE / PLACES['bash']}",
        "zsh": f"fpath=({SHARE / PLACES['zsh']}(:h) $fpath); autoload -U compinit; compinit -D -u",
    }[shell]
    place = {"TUNETOP_RUNS_DIR": str(runs), "PATH": path, "PS1": "> ", "HISTFILE": "/dev/null"}
    # lines that hold a path are to fit, however long it is
    with Terminal(command, columns=100 + len(str(runs)), rows=40, environment=place) as terminal:
        terminal.type(f"cd {runs.parent}; {begin}; clear; echo rea''dy\n")
        terminal.wait_for("ready")
        for typed, wanted in (
            ("tunetop sho\t", "> tunetop show "),
            ("tunetop show chur\t", "> tunetop show churn-"),
            ("tunetop show --view=hea\t", "--view=heatmap"),
            ("tunetop run own\t", "> tunetop run own.toml"),
            ("tunetop export --format csv,js\t", "--format csv,json"),
            (f"tunetop --runs-dir={runs / 'races'} report ir\t", "report iris-race-1"),
        ):
            terminal.type(typed)
            terminal.wait_for(wanted)
            terminal.type("\x15")
            terminal.wait_for(lambda text: text.rstrip().endswith(">"))
    assert not (runs.parent / "hurt").exists()
