"""The README's moving picture, recorded from a real run in a real terminal: `make picture`.

Types the command into a shell, watches the run, turns to other views on its way, and ends on the comparison. What the
terminal showed is written as an SVG whose frames are moved by CSS: sharp at any size, and without a script. The run's
time is shortened to what a reader has; nothing that is seen was drawn by hand.
"""

from __future__ import annotations

import argparse
import html
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pyte.screens import Char
from terminal import Terminal

TARGET = Path(__file__).resolve().parents[2] / "tui" / "pictures" / "run.svg"

Cell = tuple[str, str, str, bool]
"""A letter, its colour, the colour behind it ("" for the terminal's own), and whether it is bold."""

CELL, LINE, SIZE, MARGIN = 8.4, 18, 14, 14
PAPER, INK = "#16181d", "#d8dbe2"
NAMED = {"black": "#1d1f26", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b", "blue": "#61afef",
         "magenta": "#c678dd", "cyan": "#56b6c2", "white": "#d8dbe2"}  # fmt: skip
"""The eight colours of a terminal, by the names that pyte has for them."""

STORY: tuple[tuple[float, str], ...] = ((0.14, "2"), (0.34, "4"), (0.52, "5"), (0.66, "7"), (0.8, "1"))
"""At which share of the trials which key is pressed: map, path, surface, bars, and the trials again."""


@dataclass
class Film:
    """Frames, each shown for so many seconds; one that is as the last one adds to its time."""

    columns: int
    rows: int
    frames: list[tuple[tuple[Cell, ...], ...]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    still: int = 0
    """The frame for whoever wants nothing to move."""

    def add(self, terminal: Terminal, seconds: float) -> None:
        """Add what a terminal shows now."""
        cells = tuple(tuple(_cell(char) for char in line) for line in terminal.cells())
        if self.frames and cells == self.frames[-1]:
            self.seconds[-1] += seconds
        else:
            self.frames.append(cells)
            self.seconds.append(seconds)


def _cell(char: Char) -> Cell:
    ink, paper = _colour(char.fg, ""), _colour(char.bg, "")
    if char.reverse:
        ink, paper = paper or PAPER, ink or INK
    return (char.data or " ", ink, paper, char.bold)


def _colour(told: str, default: str) -> str:
    if told == "default":
        return default
    return NAMED.get(told) or NAMED.get(told.removeprefix("bright")) or f"#{told}"


def svg(film: Film, title: str) -> str:
    """Return the film as an SVG that needs nothing but itself."""
    inks, papers, lines = Names("i"), Names("p"), Names("l")
    width, height = film.columns * CELL + 2 * MARGIN, film.rows * LINE + 2 * MARGIN
    defined: list[str] = []
    strip: list[str] = []
    for place, frame in enumerate(film.frames):
        uses = []
        for row, cells in enumerate(frame):
            new = cells not in lines
            name = lines[cells]
            if new:
                defined.append(f'<g id="{name}">{_line(cells, inks, papers)}</g>')
            uses.append(f'<use href="#{name}" y="{row * LINE}"/>')
        strip.append(f'<g transform="translate(0 {place * height:g})">{"".join(uses)}</g>')
    style = [
        f"text{{font:{SIZE}px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre;fill:{INK}}}",
        *(f".{name}{{fill:{ink or INK}{';font-weight:bold' if bold else ''}}}" for (ink, bold), name in inks.items()),
        *(f".{name}{{fill:{paper}}}" for paper, name in papers.items()),
        _moves(film, height),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">'
        f"<title>{html.escape(title)}</title><style>{''.join(style)}</style><defs>{''.join(defined)}</defs>"
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/><svg width="{width:g}" height="{height:g}">'
        # where nothing moves, the still is seen
        f'<g id="film" transform="translate(0 {-film.still * height:g})">'
        f'<g transform="translate({MARGIN} {MARGIN})">{"".join(strip)}</g></g></svg></svg>\n'
    )


class Names(dict):
    """Short names, given as they are asked for."""

    def __init__(self, letter: str) -> None:
        super().__init__()
        self._letter = letter

    def __missing__(self, key: object) -> str:
        self[key] = f"{self._letter}{len(self)}"
        return self[key]


def _line(cells: tuple[Cell, ...], inks: Names, papers: Names) -> str:
    """Return a line: what is behind it in runs of a colour, and its text in runs of a style, held to the cells."""
    drawn = []
    for paper, start, length in _runs([cell[2] for cell in cells]):
        if paper:
            drawn.append(
                f'<rect class="{papers[paper]}" x="{start * CELL:g}" width="{length * CELL:g}" height="{LINE}"/>'
            )
    styles = [(ink, bold) if letter != " " else None for letter, ink, _, bold in cells]
    for style, start, length in _runs(styles):
        if style is not None:
            text = html.escape("".join(cell[0] for cell in cells[start : start + length]))
            drawn.append(
                f'<text class="{inks[style]}" x="{start * CELL:g}" y="{LINE - 5}" textLength="{length * CELL:g}" '
                f'lengthAdjust="spacingAndGlyphs">{text}</text>'
            )
    return "".join(drawn)


def _runs(values: list) -> Iterator[tuple]:
    place = 0
    for value, run in itertools.groupby(values):
        length = len(list(run))
        yield value, place, length
        place += length


def _moves(film: Film, height: float) -> str:
    whole = sum(film.seconds)
    ends = [0.0, *itertools.accumulate(film.seconds)]
    steps = "".join(
        f"{100 * at / whole:.3f}%{{transform:translateY({-place * height:g}px)}}" for place, at in enumerate(ends[:-1])
    )
    return (
        f"@keyframes film{{{steps}}}#film{{animation:film {whole:.1f}s step-end infinite}}"
        f"@media (prefers-reduced-motion:reduce){{#film{{animation:none}}}}"
    )


def record(preset: str, columns: int, rows: int) -> Film:
    """Run a preset in a terminal, and return what is worth seeing of it."""
    film = Film(columns, rows)
    with tempfile.TemporaryDirectory() as folder:
        place = {
            "TUNETOP_RUNS_DIR": f"{folder}/runs",
            "TUNETOP_CONFIG_DIR": f"{folder}/config",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PS1": "$ ",
        }
        with Terminal(["bash", "--norc", "-i"], columns=columns, rows=rows, environment=place) as terminal:
            terminal.wait_for("$ ")
            _type(film, terminal, f"tunetop run {preset}")
            terminal.type("\n")
            terminal.wait_for("trials")
            _watch(film, terminal, Path(folder) / "runs" / f"{preset}-1" / "journal.jsonl", preset)
            terminal.wait_for("95 % interval", 600)
            terminal.quiet(1.0)
            film.add(terminal, 6.0)
    return film


def _type(film: Film, terminal: Terminal, line: str) -> None:
    film.add(terminal, 0.6)
    for place in range(0, len(line), 3):
        terminal.type(line[place : place + 3])
        terminal.wait_for(f"$ {line[: place + 3]}".rstrip())
        film.add(terminal, 0.12)
    film.add(terminal, 0.4)


def _watch(film: Film, terminal: Terminal, journal: Path, preset: str) -> None:
    """Take a frame at each further fortieth of the run; press the story's keys as their time comes."""
    from tunetop.engine.preset.preset import load

    planned = sum(plan.trials or 34 for plan in load(preset).plans())
    story = list(STORY)
    for fortieth in range(1, 41):
        while _through(journal) < fortieth / 40 * planned and "95 % interval" not in terminal.text():
            time.sleep(0.05)
        if "95 % interval" in terminal.text():
            return
        if story and fortieth / 40 >= story[0][0]:
            terminal.type(story.pop(0)[1])
            terminal.quiet(0.3)
        film.add(terminal, 0.45)
        if fortieth == 36:
            film.still = len(film.frames) - 1


def _through(journal: Path) -> int:
    return journal.read_text(errors="replace").count('"event":"trial_finished"') if journal.exists() else 0


def main() -> None:
    """Record it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="breast_cancer_mlp")
    parser.add_argument("--target", type=Path, default=TARGET)
    parser.add_argument("--size", default="112x32")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    film = record(options.preset, columns, rows)
    title = f"tunetop in a terminal: a search over {options.preset} from its start to the comparison of its methods"
    options.target.write_text(svg(film, title), encoding="utf-8")
    print(f"{options.target}: {len(film.frames)} frames, {options.target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
