"""A report of 10,000 trials: small and quick enough, painted at once, and its table scrolls to the last trial.

Seen on two busy cores: 5.5 MB, 2.6 s of CPU (5.8 s by the clock), first paint after 0.2 s, 32 rows in the page at a
time.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from browser import CHROMIUM, browser
from made_run import MadeRun
from tunetop.engine.events import Axis
from tunetop.engine.export.report.report import Subject, report

TRIALS = 10_000


def searched() -> MadeRun:
    draw = random.Random(1)
    axes = [
        Axis(name="learning_rate", scale="log", low=1e-4, high=1.0),
        Axis(name="depth", scale="linear", low=1, high=30, integer=True),
        Axis(name="penalty", scale="choice", labels=["l1", "l2", "none"]),
    ]
    run = MadeRun(("baseline", "random", "bayes"), axes=axes)
    run.trial("baseline", 0, [0.8, 0.82, 0.79], {})
    for number in range(TRIALS):
        penalty = draw.choice(["l1", "l2", "none"])
        point = {"learning_rate": 10 ** draw.uniform(-4, 0), "depth": draw.randint(1, 30), "penalty": penalty}
        scores = [] if number % 17 == 0 else [round(draw.uniform(0.7, 0.9), 4) for _ in range(3)]
        method = ("random", "bayes")[number % 2]
        run.trial(method, number // 2, scores, point, error="" if scores else "ValueError: no")
    return run


def test_a_report_of_ten_thousand_trials(tmp_path: Path) -> None:
    state = searched().end()
    before, began = time.process_time(), time.monotonic()
    html = report([Subject(state)])
    assert time.process_time() - before < 15, f"{time.monotonic() - began:.1f} s by the clock"
    assert len(html.encode()) < 15_000_000
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    (tmp_path / "report.html").write_text(html, encoding="utf-8")
    with browser() as page:
        page.look()
        page.open(tmp_path / "report.html")
        assert page.first_paint() < 5
        rows = "[...document.querySelectorAll('.trials-scroll tbody tr')].map((one) => one.innerText)"
        first = page.evaluate(rows)
        last = page.evaluate(f"""(async () => {{
          const table = document.querySelector(".trials-scroll");
          table.scrollTop = table.scrollHeight;
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          return {rows};
        }})()""")
        assert first != last
        assert len(last) < 200
        assert "failed" in last[-2] + last[-1]
        assert (page.said, len(page.asked)) == ([], 1)
