"""The monitor's filter line: opened, typed in, taken or taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on
from textual.widgets import Input

from ....engine.text import clean
from ...keys import keys_for
from ...trials.filter import Filter, parse
from ...trials.terms import FilterError
from ...widgets.tabs import Tab, TabRule
from .actions import MonitorActions

if TYPE_CHECKING:
    from ...widgets.filter_entry import FilterEntry

_FILTER_KEYS = {name for key in keys_for("monitor") if key.action == "filter" for name in key.keys}


class MonitorFilter(MonitorActions):
    """The monitor with its filter; the table follows every keystroke that makes sense."""

    entry: FilterEntry
    _filter_before = Filter()

    def open_filter(self) -> None:
        """Let a filter be typed; the table follows every keystroke that makes sense."""
        self._filter_before = self.table.rows.filter
        self.entry.value = self._filter_before.text
        self.entry.display = True
        self.set_focus(self.entry)

    def close_filter(self, *, keep: bool) -> None:
        """Leave the line that the filter is typed in, with the filter as typed or as it was before."""
        if not keep:
            self.table.choose_filter(self._filter_before)
        self.entry.display = False
        self.set_focus(None)
        self.paint(at_once=True)

    def parsed(self, text: str) -> Filter:
        """Return the filter for this run that a text describes; raises `FilterError`."""
        return parse(text, self.state)

    def on_key(self, event: events.Key) -> None:
        """Leave keys to the filter from the moment that it is asked for, also those that were typed ahead."""
        if self.entry.display:
            self.entry.claim(event)
        elif event.character in _FILTER_KEYS:
            # not by its binding: that would act only after the keys behind it were given away
            event.stop()
            event.prevent_default()
            self.action_filter()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow nothing but leaving while a filter is typed."""
        return action == "back" or not self.entry.display

    @on(Input.Changed, "#filter")
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        harmless = clean(message.value, 300)
        if harmless != message.value.strip():
            self.entry.value = harmless
            return
        if not self.entry.display:
            return
        try:
            self.table.choose_filter(self.parsed(harmless))
        except FilterError as error:
            # half a word is no mistake yet: the last filter that made sense stays
            self.query_one("#tabs", TabRule).draw([Tab("1", "trials", "trials")], "1", clean(error, 200))
            return
        self.paint_rules()

    def take_filter(self, text: str) -> None:
        """Keep a filter that was typed to its end, or say what is wrong with it."""
        try:
            self.table.choose_filter(self.parsed(clean(text, 300)))
        except FilterError as error:
            self.host.say(str(error), "error", title="Filter")
            return
        self.close_filter(keep=True)
