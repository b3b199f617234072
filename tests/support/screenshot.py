"""The README's pictures, taken from a real run: `make screenshot`.

Runs the Breast Cancer preset in the app, without a terminal, and saves the monitor in mid-run and the comparison at
the end as SVG beside the screens' code.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import os
import re
import tempfile
from pathlib import Path

_TEXT = re.compile(r'(<text [^>]*x=")([\d.]+)("[^>]*textLength=")([\d.]+)("[^>]*>)([^<]*)</text>')

TARGET = Path(__file__).resolve().parents[2] / "tui" / "pictures"


async def take(preset: str, target: Path, size: tuple[int, int], at: float) -> None:
    """Run `preset` and save its pictures into `target`; the first once a share `at` of its trials is through."""
    from tunetop.engine.preset.preset import load
    from tunetop.engine.record.store import Store
    from tunetop.engine.run.launch import RunOptions
    from tunetop.tui.app.app import TunetopApp

    with tempfile.TemporaryDirectory() as folder:
        app = TunetopApp(Store(folder), preset=load(preset), options=RunOptions(), thin=False)
        async with app.run_test(size=size) as pilot:

            async def until(condition) -> None:
                for _ in range(6000):
                    if condition():
                        return
                    await pilot.pause(0.1)
                raise TimeoutError("the run did not get that far")

            def state():
                return app.sessions.run.state if app.sessions.run is not None else None

            planned = sum(plan.trials or 34 for plan in load(preset).plans())
            await until(lambda: state() is not None and state().finished_trials >= at * planned)
            await pilot.pause(1.0)
            save(app, target / "monitor.svg")
            await until(lambda: state().ended)
            await pilot.pause(2.0)
            save(app, target / "comparison.svg")
            await pilot.press("q")


def save(app, path: Path) -> None:
    """Save what the app shows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_TEXT.sub(_without_indent, app.export_screenshot(title="tunetop")), encoding="utf-8")
    print(path)


def _without_indent(found: re.Match[str]) -> str:
    """Return a text that begins where its first letter is: some viewers leave out the blanks before it."""
    before, x, between, length, after, text = found.groups()
    shown = html.unescape(text)
    bare = shown.lstrip(" \xa0")
    if not bare or len(bare) == len(shown):
        return found[0]
    cell = float(length) / len(shown)
    x, length = f"{float(x) + cell * (len(shown) - len(bare)):.1f}", f"{cell * len(bare):.1f}"
    blank = len(shown) - len(bare)
    return f"{before}{x}{between}{length}{after}{text.removeprefix('&#160;' * blank)}</text>"


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="breast_cancer_mlp")
    parser.add_argument("--target", type=Path, default=TARGET)
    parser.add_argument("--size", default="132x40")
    parser.add_argument("--at", type=float, default=0.75)
    options = parser.parse_args()
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
    # as a newcomer sees it, whatever settings this person remembers
    os.environ["TUNETOP_CONFIG_DIR"] = tempfile.mkdtemp()
    from tunetop.engine.workers.warm import warm_up

    warm_up()
    width, height = map(int, options.size.split("x"))
    asyncio.run(take(options.preset, options.target, (width, height), options.at))


if __name__ == "__main__":
    main()
