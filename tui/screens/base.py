"""What all screens made of panes share: a head, a foot with the keys that matter here, and a pane with the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import ScreenResultType

from ..keys import Key, footer_keys
from ..render.look import Look
from ..widgets.key_line import key_line
from ..widgets.pane import Build, Pane, Row, rule, sides
from .host import Host, LiveScreen


class KeyScreen(LiveScreen[ScreenResultType]):
    """A screen with panes among its parts, and at its foot the keys that matter."""

    AUTO_FOCUS = ""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        """The app, as far as screens are concerned with it."""

    @property
    def look(self) -> Look:
        """Colours and glyphs."""
        return self.host.look

    def _pane(self, name: str, build: Build, classes: str = "", *, active: bool = False, marks: bool = False) -> Pane:
        pane = Pane(build, look=lambda: self.look, id=name, active=active, marks=marks)
        pane.set_classes(classes)
        return pane

    @property
    def in_view(self) -> bool:
        """True while it can be painted."""
        return self.is_mounted and self.is_current and self.app.is_running

    async def on_event(self, event: events.Event) -> None:
        """Take nothing more once the app is being left: of a screen that opens just then not all parts are mounted.

        What was to be called later is called all the same: somebody may wait for it.
        """
        if self.app.is_running or isinstance(event, events.Unmount | events.Callback):
            await super().on_event(event)

    def paint(self, *, at_once: bool = False) -> None:
        """Paint everything that changed; `at_once`, as after a key."""
        self.reload()

    def restyle(self) -> None:
        for pane in self.query(Pane):
            pane.restyle()

    def reload(self) -> None:
        """Make all rows anew; what is the same is not painted again."""
        for pane in self.query(Pane):
            pane.reload()

    def _foot_rows(self, width: int) -> list[Row]:
        return [Row(rule(self.look, width)), Row(key_line(self.foot(), self.look, width)[0])]

    def foot(self) -> list[Key]:
        """Return the keys to show, those that matter most first, help last."""
        return footer_keys(self.where)

    def on_click(self, event: events.Click) -> None:
        """Take a click on a key at the foot for the key."""
        foot = self.query("#foot")
        if foot and event.screen_y == foot.first().region.y + 1:
            for start, end, key in key_line(self.foot(), self.look, foot.first().size.width)[1]:
                if start <= event.screen_x < end:
                    self.call_later(self._act, key)

    async def _act(self, key: Key) -> None:
        await self.app.run_action(key.command, self.app if key.action == "help" else self)


class PaneScreen(KeyScreen[ScreenResultType]):
    """A screen of panes: subclasses say what stands at the head (`head`) and in the body (`panes`, or `_rows`)."""

    has_cursor: ClassVar[bool] = False
    """Whether there is a cursor on `_rows` from the first."""

    def compose(self) -> ComposeResult:
        """Return head, body and foot."""
        yield self._pane("head", self._head_rows, "head")
        with Horizontal(classes="body"):
            yield from self.panes()
        yield self._pane("foot", self._foot_rows, "foot")

    def panes(self) -> Iterable[Pane]:
        """Return the body's panes, left to right: one of `_rows`, unless a screen has others."""
        yield self._pane("main", self._rows, active=self.has_cursor)

    def _rows(self, width: int) -> Sequence[Row]:
        raise NotImplementedError

    def head(self) -> tuple[Text, Text]:
        """Return what stands at the left and at the right of the first line."""
        raise NotImplementedError

    @property
    def active(self) -> Pane:
        """The pane that the keys move in."""
        return self.query_one("#main", Pane)

    def _head_rows(self, width: int) -> list[Row]:
        left, right = self.head()
        return [Row(sides(left, right, width)), Row(rule(self.look, width))]

    def action_move(self, rows: int, pages: int = 0) -> None:
        self.active.move(rows + pages * self.active.page)

    def action_move_to_end(self, last: bool) -> None:
        self.active.move_to_end(last)

    def action_back(self) -> None:
        self.host.go_back()
