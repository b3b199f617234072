"""A monitor attached to a run's folder, with the app's timer: a program for tests on a real terminal.

`python attached_app.py RUNS_DIR RUN [--thin] [--colors N]`
"""

from __future__ import annotations

import argparse
import time

from monitor_app import MonitorApp
from tunetop.engine.record.store import Store
from tunetop.tui.sessions.run import Feed, RunSession
from tunetop.tui.widgets import view_panel


class AttachedApp(MonitorApp):
    """Polls the journal and tells the screen, as the app does."""

    def on_mount(self) -> None:
        self._told_at = 0.0
        self.session.feed.poll(0.25)
        self.set_interval(0.25 if self.pace.thin else 0.1, self._poll)

    def _poll(self) -> None:
        now = time.monotonic()
        if self.session.feed.poll():
            self._told_at = now
            self.take()
        elif now - self._told_at >= 1.0 and not self.session.feed.state.ended:
            self._told_at = now
            self.screen.refresh_clock()  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("runs")
    parser.add_argument("run")
    parser.add_argument("--thin", action="store_true")
    parser.add_argument("--colors", default="truecolor")
    arguments = parser.parse_args()
    # on a busy machine a view may seem costly, and would be drawn long after the rest
    view_panel._SHARE = 0
    folder = Store(arguments.runs).find(arguments.run)
    AttachedApp(RunSession(Feed(folder)), thin=arguments.thin, colors=arguments.colors).run()


if __name__ == "__main__":
    main()
