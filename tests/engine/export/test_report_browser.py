"""The report in a real browser: nothing said on the console, nothing asked for, and everything in it works.

Without Chromium these tests are skipped (`apt-get install chromium`).
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Page, browser
from hostile_run import MARKUP, hostile
from hostile_text import HOSTILE, keepable
from made_run import MadeRun
from tunetop.engine.events import Objective
from tunetop.engine.export.report.report import Subject, report
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.state import RunState
from tunetop.engine.tournament.report import part
from tunetop.engine.verdict.numbers import score_text

pytest.importorskip("matplotlib", reason="the extra report is not installed")
pytest.importorskip("jinja2", reason="the extra report is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

RECORDED = Path(__file__).parents[1] / "verdict" / "recorded" / "mixed-1"
FIRST = "document.querySelector('.trials-scroll tbody tr:not([aria-hidden])')"


@pytest.fixture(scope="module")
def state() -> RunState:
    return load_state(RunFolder(RECORDED))[0]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, state: RunState) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report([Subject(state, '[data]\nsource = "sklearn:iris"\n')]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with browser() as page:
        yield page


@pytest.fixture
def page(tab: Page, file: Path) -> Page:
    tab.said.clear()
    tab.asked.clear()
    tab.look()
    tab.open(file)
    return tab


def shown(page: Page) -> int:
    """Return how many trials the page says that it shows."""
    return int(page.evaluate("document.querySelector('.filter output').textContent").split()[0])


def write(page: Page, text: str) -> str:
    """Write into the filter and return what is said of it."""
    return page.evaluate(f"""(() => {{
      const entry = document.querySelector(".filter input");
      entry.value = {json.dumps(text)};
      entry.dispatchEvent(new Event("input"));
      return document.querySelector(".filter output").textContent;
    }})()""")


def test_it_opens_without_a_word_and_asks_for_nothing(page: Page, file: Path) -> None:
    page.evaluate("new Promise((done) => setTimeout(done, 100))")
    assert page.asked == [file.as_uri()]
    assert page.said == []
    assert 0 < page.first_paint() < 5


def test_the_table_is_filtered_and_sorted(page: Page, state: RunState) -> None:
    assert shown(page) == len(state.trials)
    assert write(page, "failed") == f"{state.failed_trials} of {len(state.trials)} trials"
    assert "is not known; there are" in write(page, "nonsense>3")
    write(page, "method:grid done")
    done = [trial for trial in state.trials if trial.method == "grid" and trial.phase == "done"]
    assert shown(page) == len(done)
    means = [trial.mean for trial in done if trial.mean is not None]
    assert score_text(max(means)) in page.evaluate(f"{FIRST}.textContent")
    heading = (
        "[...document.querySelectorAll('.trials-scroll thead button')].find((one) => one.textContent === 'accuracy')"
    )
    page.evaluate(f"{heading}.click()")
    assert page.evaluate(f"{heading}.parentElement.getAttribute('aria-sort')") == "ascending"
    assert score_text(min(means)) in page.evaluate(f"{FIRST}.textContent")
    assert page.said == []


def test_lines_are_brushed_and_the_table_follows(page: Page, state: RunState) -> None:
    everything = shown(page)
    page.evaluate("document.querySelector('.lines svg').scrollIntoView({block: 'center'})")
    handles = "[...document.querySelectorAll('.lines .handle')].map((one) => one.getBoundingClientRect())"
    boxes = page.evaluate(f"{handles}.map((one) => [one.x + one.width / 2, one.top, one.height])")
    assert state.info is not None
    assert len(boxes) == len(state.info.axes) + 1
    across, top, height = boxes[-1]
    page.drag((across, top + 0.02 * height), (across, top + 0.4 * height))
    some = shown(page)
    assert 0 < some < everything
    assert page.evaluate("document.querySelectorAll('.chosen path').length") > 0
    assert page.evaluate("document.querySelector('.lines svg').classList.contains('faded')")
    write(page, "method:grid")
    assert shown(page) < some
    page.evaluate("document.querySelector('.lines .clear').click()")
    write(page, "")
    assert shown(page) == everything
    assert page.said == []


def test_colours_follow_the_system_and_the_button(page: Page) -> None:
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(paper)
    page.look(scheme="dark")
    dark = page.evaluate(paper)
    assert light != dark
    for expected in (light, dark, dark):
        page.evaluate("document.querySelector('.theme').click()")
        assert page.evaluate(paper) == expected
    page.look(scheme="dark", media="print")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.theme')).display") == "none"


def test_a_narrow_window_needs_no_scrolling_sideways(page: Page) -> None:
    page.look(width=360, height=700)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_can_be_read_without_scripts(page: Page, state: RunState, file: Path) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(file)
        text = page.call("Runtime.evaluate", expression="document.body.innerText", returnByValue=True)["result"][
            "value"
        ]
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
    assert state.best is not None
    assert score_text(state.best.mean) in text
    assert "What was run" in text
    assert "Colours:" not in text


CHECKS = """(() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const named = (one) => one.getAttribute("aria-label") || one.textContent.trim() || one.title;
  if (document.documentElement.lang !== "en") found.push("no language");
  if (all("h1").length !== 1 || all("main").length !== 1) found.push("not one heading and one main part");
  const levels = all("h1, h2, h3").map((one) => Number(one.tagName[1]));
  levels.forEach((level, place) => {
    if (place && level > levels[place - 1] + 1) found.push("a heading is left out");
  });
  for (const one of all("button, summary, a")) if (!named(one)) found.push(`${one.tagName} without a name`);
  for (const one of all("input")) if (!one.closest("label")) found.push("an entry without a label");
  for (const one of all("svg")) {
    if (one.getAttribute("role") !== "img" || !named(one)) found.push("a picture without words");
  }
  for (const one of all("thead th")) if (one.scope !== "col" || !named(one)) found.push("a column without a heading");
  for (const one of all(".wide, .trials-scroll, pre")) if (one.tabIndex < 0) found.push("scrolls with a mouse alone");
  const ids = all("[id]").map((one) => one.id);
  if (new Set(ids).size !== ids.length) found.push("an id twice");
  return found;
})()"""

CONTRAST = """(() => {
  const parts = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).map((part) => Number(part) / 255);
  const light = (colour) => parts(colour).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
  };
  return [...document.querySelectorAll("body *:not(svg *)")]
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
    .filter((one) => one.checkVisibility() && !["SCRIPT", "STYLE"].includes(one.tagName))
    .map((one) => {
      const [a, b] = [light(getComputedStyle(one).color), light(behind(one))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), one.outerHTML.slice(0, 80)];
    })
    .filter(([ratio]) => ratio < 4.5);
})()"""


def violations(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds against the page, whatever its weight; by some rules alone, where these are said."""
    axe = pytest.importorskip("axe_core_python", reason="axe-core comes with the extra dev")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + ";0")
    told = "(one) => `${one.impact} ${one.id}: ${one.nodes[0].html.slice(0, 120)}`"
    return page.evaluate(
        f"axe.run({json.dumps({'runOnly': rules} if rules else {})}).then((result) => result.violations.map({told}))"
    )


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports of what is no run of tunetop's own: a race, and a watched search with a failed trial."""
    place = tmp_path_factory.mktemp("others")
    seeds = {seed: load_state(RunFolder(RECORDED.with_name(f"race-{seed}")))[0] for seed in (1, 2, 3)}
    loss = Objective("loss", "minimize")
    run = MadeRun(("study",), watched=True, source="Optuna 5", objectives=[loss], test_rows=0)
    for number in range(30):
        run.trial("study", number, [-0.5 - 0.01 * (number % 7)] if number % 9 else [], error="" if number % 9 else "no")
    made = {"race": report([], [part("race-1", "A race", 3, seeds, 1)]), "watched": report([Subject(run.end())])}
    for name, html in made.items():
        (place / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: place / f"{name}.html" for name in made}


@pytest.mark.parametrize("name", ["race", "watched"])
def test_races_and_watched_searches_are_as_quiet_as_wide_and_as_accessible(
    tab: Page, others: dict[str, Path], name: str
) -> None:
    for width, scheme in ((390, "light"), (800, "dark"), (1400, "light")):
        tab.said.clear()
        tab.asked.clear()
        tab.look(width=width, scheme=scheme)
        tab.open(others[name])
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert (tab.said, tab.asked) == ([], [others[name].as_uri()])
        assert tab.evaluate(CHECKS) == []
    assert violations(tab) == []


def test_on_paper_every_sheet_of_the_table_has_its_headings(page: Page) -> None:
    page.look(media="print")
    heading = "getComputedStyle(document.querySelector('.trials-scroll thead %s')).%s"
    assert page.evaluate(heading % ("th", "position")) == "static"
    # what is a box of its own in a heading is printed on the first sheet alone
    assert page.evaluate(heading % ("button", "display")) == "contents"
    assert base64.b64decode(page.call("Page.printToPDF")["data"]).startswith(b"%PDF")
    # what is folded up cannot be opened there, and a table that is not whole says so
    every = shown(page)
    write(page, "best:3")
    seen = """(() => [
      document.querySelector(".trials-scroll caption").textContent, document.querySelectorAll("details[open]").length,
    ])()"""
    before = page.evaluate(seen)
    page.evaluate("window.dispatchEvent(new Event('beforeprint')) && 0")
    caption, opened = page.evaluate(seen)
    page.evaluate("window.dispatchEvent(new Event('afterprint')) && 0")
    assert caption == f"3 of {every} trials, as sorted and filtered on the page"
    assert opened > before[1]
    assert page.evaluate(seen) == before == [f"{every} trials", before[1]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(page: Page, scheme: str) -> None:
    page.look(scheme=scheme)
    assert page.evaluate(CHECKS) == []
    assert page.evaluate(CONTRAST) == []
    # only colours are others in the dark
    assert violations(page, *(["color-contrast"] if scheme == "dark" else [])) == []
    # and what finds nothing would find something
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert "no language" in page.evaluate(CHECKS)
    assert [one.split(":")[0] for one in violations(page, "html-has-lang")] == ["serious html-has-lang"]


def test_hostile_text_is_shown_and_nothing_of_it_runs(tab: Page, tmp_path: Path) -> None:
    texts = [text for text in (*MARKUP, *random.Random(1).sample(HOSTILE, 30)) if keepable(text)]
    parts = [Subject(hostile(texts), "".join(texts))]
    path = tmp_path / "hostile.html"
    path.write_text(report(parts), encoding="utf-8")
    tab.said.clear()
    tab.asked.clear()
    tab.evaluate("1")
    tab.open(path)
    tab.evaluate("new Promise((done) => setTimeout(done, 200))")
    assert tab.said == []
    assert tab.asked == [path.as_uri()]
    assert tab.evaluate("document.scripts.length") == 2
    assert "alert(1)" in tab.evaluate("document.body.innerText")
