"""Five hundred hostile strings through report, figures, script and model: none is executed, and no file is broken.

Strings that would do something write the file `EXECUTED` or open a dialog. Samples of all this are in `engine/export`.
Seen: none executed, none broken, in 952 s on two cores that had seventeen processes to do.
"""

from __future__ import annotations

import ast
import csv
import itertools
import json
import random
from pathlib import Path
from xml.etree import ElementTree

import pytest
from browser import CHROMIUM, browser
from hostile_run import MARKUP, hostile
from hostile_text import HOSTILE, keepable
from leaving import assert_all_that_leaves
from matplotlib.image import imread
from running import preset_of, run_through
from tunetop.engine.export.figures.catalog import Choice, files
from tunetop.engine.export.report.report import Subject, report
from tunetop.engine.verdict.summary import run_summary

COUNT, BATCH = 500, 50
DOES = [
    "open('EXECUTED', 'w')",
    "'); open('EXECUTED', 'w'); ('",
    '"); open("EXECUTED", "w"); ("',
    "\\'); open('EXECUTED', 'w') #",
    "'''\nopen('EXECUTED', 'w')\n'''",
    '"""\nopen("EXECUTED", "w")\n"""',
    "\nopen('EXECUTED', 'w')\n",
    "\ropen('EXECUTED', 'w')\r",
    "\u2028open('EXECUTED', 'w')\u2029",
    "{open('EXECUTED', 'w')}",
    "%(open('EXECUTED', 'w'))s",
    "# coding: utf-7\n+AG8AcABlAG4-('EXECUTED', 'w')",
    "$(touch EXECUTED)",
    "`touch EXECUTED`",
    "; touch EXECUTED #",
    "__import__('os').system('touch EXECUTED')",
    "cos\nsystem\n(S'touch EXECUTED'\ntR.",
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "]]><script>alert(1)</script><![CDATA[",
    "<a href='javascript:alert(1)'>x</a>",
    "{{ cycler.__init__.__globals__.os.system('touch EXECUTED') }}",
    "{% import os %}{{ os.system('touch EXECUTED') }}",
    "\\input{|touch EXECUTED}",
    "$\\write18{touch EXECUTED}$",
]
SVG = {*["svg", "g", "path", "defs", "use", "text", "tspan", "style", "clipPath", "rect", "image", "title"]}
SVG |= {*["metadata", "RDF", "Work", "type", "date", "format", "creator", "Agent"]}


def strings() -> list[str]:
    draw = random.Random(13)
    known = [text for text in dict.fromkeys([*DOES, *MARKUP, *HOSTILE]) if keepable(text)]
    joined = ("".join(draw.sample(known, 2)) for _ in itertools.count())
    return list(itertools.islice(dict.fromkeys([*known, *itertools.islice(joined, 2 * COUNT)]), COUNT))


PARTS = [strings()[start : start + BATCH] for start in range(0, COUNT, BATCH)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_as_many() -> None:
    assert len({text for part in PARTS for text in part}) == COUNT


def test_reports_of_all(here: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with browser() as page:
        page.look()
        for number, texts in enumerate(PARTS):
            path = here / f"{number}.html"
            path.write_text(report([Subject(hostile(texts), "".join(texts))]), encoding="utf-8")
            page.said.clear()
            page.asked.clear()
            page.open(path)
            page.evaluate("new Promise((done) => setTimeout(done, 200))")
            assert (page.said, page.asked) == ([], [path.as_uri()])
            assert page.evaluate("document.scripts.length") == 2
            attributes = "[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())"
            assert not [name for name in page.evaluate(attributes) if name.startswith("on")]
            rows = "document.querySelectorAll('.trials-scroll tbody tr').length"
            assert page.evaluate(rows) > 10
    assert not (here / "EXECUTED").exists()


@pytest.mark.parametrize("number", range(len(PARTS)))
def test_figures_of_all(number: int, here: Path) -> None:
    state = hostile(PARTS[number])
    summary = run_summary(state)
    for name, content in files("svg", state, summary, Choice()):
        root = ElementTree.fromstring(content)
        assert {one.tag.rpartition("}")[2] for one in root.iter()} <= SVG, name
        assert not [key for one in root.iter() for key in one.attrib if key.startswith("on")], name
    for name, content in files("png", state, summary, Choice("article")):
        (here / name).write_bytes(content)
        assert imread(here / name).size
    for _, content in files("pdf", state, summary, Choice("parallel")):
        assert content.startswith(b"%PDF")
        assert content.rstrip().endswith(b"%%EOF")
        assert b"/JavaScript" not in content
        assert b"/Launch" not in content
    assert not (here / "EXECUTED").exists()


PRESET = """
title = {title}
[data]
source = "csv:table.csv"
target = "y"
test_size = 0.3
stratify = true
[columns]
kind = "category"
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = {{ random_state = 0 }}
prepare = ["onehot"]
[space.depth.choices]
{choices}
[score]
scoring = "accuracy"
folds = 2
[[method]]
kind = "grid"
"""


@pytest.mark.parametrize("number", range(len(PARTS)))
def test_scripts_and_models_of_all(number: int, here: Path) -> None:
    """Half of the strings are names of columns, the others labels, categories, and names of choices."""
    texts = [text.replace("\x00", "") for text in PARTS[number]]  # which no table holds
    texts = list(dict.fromkeys(text for text in texts if text.strip() and text.strip().lower() not in EMPTY))
    half, draw = len(texts) // 2, random.Random(number)
    names, labels, kinds = texts[:half], texts[half : half + 8], texts[half + 8 :]
    with open("table.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow([*names, "kind", "y"])
        for row in range(160):
            y = row % len(labels)
            writer.writerow([*(f"{draw.gauss(y, 3):.3f}" for _ in names), kinds[row % len(kinds)], labels[y]])
    choices = "\n".join(f"{toml(text)} = {{ max_depth = {1 + at} }}" for at, text in enumerate(kinds[:3]))
    preset = preset_of(PRESET.format(title=toml(texts[0]), choices=choices), here, "hostile.toml")
    run_through(preset, here / "runs", workers=1)
    assert_all_that_leaves(here / "runs", here / "left", "grid")
    ast.parse((here / "left" / "winner-grid.py").read_text(encoding="utf-8"))
    facts = json.loads((here / "left" / "model.json").read_text(encoding="utf-8"))
    assert len(facts["columns"]) == len(names) + 1
    assert not list(here.rglob("EXECUTED*"))


EMPTY = {"nan", "null", "none", "n/a", "na", ""}


def toml(text: str) -> str:
    """Return a text as TOML writes it."""
    return '"' + "".join(f"\\U{ord(character):08X}" for character in text) + '"'
