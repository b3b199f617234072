"""The README, and the pages for users that it leads to, say what the program does."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

from moving_picture import Film, svg
from terminal import Terminal
from tunetop.engine.preset.preset import SHIPPED, load, parse
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.search.catalog import KINDS
from tunetop.engine.trials.grammar import GRAMMAR
from tunetop.tui.keys import markdown
from tunetop.tui.trials import fields
from tunetop.tui.views.catalog import VIEWS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PRESETS = (ROOT / "presets" / "README.md").read_text(encoding="utf-8")
USING = (ROOT / "tui" / "USING.md").read_text(encoding="utf-8")


def test_it_can_be_read_at_once() -> None:
    assert len(README.splitlines()) <= 200


def test_its_picture_moves_is_small_and_needs_nothing_else() -> None:
    name, *others = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    # what is watched is shown as well, a picture a tool
    assert others == [f"tui/pictures/watch-{one}.svg" for one in ("sklearn", "optuna", "ray")]
    picture = (ROOT / name).read_text(encoding="utf-8")
    assert len(picture.encode()) < 1_000_000
    root = ElementTree.fromstring(picture)
    assert {one.tag.rpartition("}")[2] for one in root.iter()} == {
        "svg",
        "title",
        "style",
        "defs",
        "g",
        "use",
        "rect",
        "text",
    }
    assert all(one.get("href", "#").startswith("#") for one in root.iter())
    assert "@keyframes" in picture
    assert "prefers-reduced-motion" in picture
    assert "url(" not in picture
    shown = "".join(root.itertext())
    assert "breast_cancer_mlp" in shown
    assert "interval" in shown


def test_a_recorded_letter_stays_one(tmp_path: Path) -> None:
    with Terminal([sys.executable, "-c", "print('\\x1b[31m<b>&\\x1b[0m]]>')"], columns=20, rows=2) as terminal:
        terminal.wait_for("]]>")
        film = Film(20, 2)
        film.add(terminal, 1.0)
        film.add(terminal, 2.0)
    assert film.seconds == [3.0]
    root = ElementTree.fromstring(svg(film, "<title>"))
    assert [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")] == ["<b>&", "]]>"]


def test_its_keys_are_the_table_of_keys() -> None:
    between = USING.split("<!-- keys: made by `make keys` -->\n")[1].split("\n<!-- end of keys -->")[0]
    assert between == markdown()


def test_its_columns_are_the_columns() -> None:
    assert fields.markdown() in USING


def test_its_example_of_a_preset_is_one() -> None:
    example = re.search(r"```toml\n(.*?)```", PRESETS, re.DOTALL)
    assert example is not None
    preset = parse(example[1], "churn.toml")
    assert [method.kind for method in preset.methods] == ["random", "bayes"]
    assert preset.space["growth"].arguments("deep") == {"max_depth": 12, "min_samples_leaf": 5}


def test_all_its_presets_are_presets() -> None:
    examples = re.findall(r"```toml\n(title.*?)```", PRESETS, re.DOTALL)
    assert len(examples) >= 2
    for number, example in enumerate(examples):
        assert parse(example, f"example-{number}.toml").methods


def test_its_example_of_parts_within_parts_is_read(tmp_path: Path) -> None:
    example = next(e for e in re.findall(r"```toml\n(.*?)```", PRESETS, re.DOTALL) if "TransformedTarget" in e)
    for key in ("groups", "time", "predefined", "weight"):
        assert f"# {key} = " in example
    rows = "".join(f"{a},{a * a % 7},{a * 10 + 1}\n" for a in range(60))
    (tmp_path / "houses.csv").write_text(f"area,rooms,price\n{rows}")
    (tmp_path / "houses.toml").write_text(example)
    problem = load_problem(load(tmp_path / "houses.toml"))
    assert problem.metrics[0].name == "mean_pinball_loss(alpha=0.9)"
    assert len(problem.folds) == 5


def test_it_names_every_preset_every_method_and_every_command() -> None:
    for file in SHIPPED.glob("*.toml"):
        assert f"| `{file.stem}` |" in README
        assert f"| `{file.stem}` |" in PRESETS
    for kind in KINDS:
        assert f"`{kind}`" in README
        assert f"| `{kind}` |" in PRESETS
    from tunetop.tui.cli.commands import WHERE

    for name in WHERE:
        assert re.search(rf"(tunetop|\|){name}\b| {name}\b", README), name


def test_its_two_commands_are_targets_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^run: ", makefile, re.MULTILINE)
    assert re.search(r"^test: ", makefile, re.MULTILINE)
    assert "make run" in README
    assert "make test" in README


def test_textual_has_an_upper_bound() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        dependencies = tomllib.load(file)["project"]["dependencies"]
    (textual,) = [d for d in dependencies if d.startswith("textual")]
    assert "<" in textual
    assert all(">=" in dependency for dependency in dependencies)


def test_it_names_every_view_and_every_term_of_the_filter() -> None:
    for view in VIEWS.values():
        assert f"| `{view.key}` | {view.title} (`{view.name}`) | {view.about} |" in USING
    for terms, meaning in GRAMMAR:
        shown = " ".join(f"`{term}`" for term in terms.split(" "))
        assert f"| {shown} | {meaning} |" in USING
