"""The line that a filter is typed in."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.message_pump import MessagePump
from textual.widgets import Input

EXAMPLE = "method:random lr>1e-3 failed score>=0.97 best:10"


def pass_on(event: events.Key, target: MessagePump) -> None:
    """Let a key be handled elsewhere instead."""
    event.stop()
    event.prevent_default()
    key = events.Key(event.key, event.character)
    key._set_forwarded()
    target.post_message(key)


class FilterEntry(Input):
    """An input that gives every key to whom it was meant for, however fast they come.

    Over a slow line a whole filter arrives in one piece, and keys wait in the screen's queue before the input has the
    focus, or in the input's when it is closed already: an x in a filter must not stop the run. The screen gives its
    share with `claim`.
    """

    def __init__(
        self, typed: Callable[[str], None], submitted: Callable[[str], None], *, id: str | None = None
    ) -> None:
        super().__init__(id=id, placeholder=EXAMPLE, compact=True)
        self.cursor_blink = False
        self._typed = typed
        self._submitted = submitted
        self._seen: events.Key | None = None

    def claim(self, event: events.Key) -> None:
        """Take a key that went to the screen although the filter was open by then."""
        if self.display and event is not self._seen:
            pass_on(event, self)

    def on_input_changed(self, message: Input.Changed) -> None:
        """Tell what is typed."""
        message.stop()
        self._typed(message.value)

    def on_key(self, event: events.Key) -> None:
        """Hand over the text on enter; what comes after that is the screen's."""
        self._seen = event
        if not self.display:
            pass_on(event, self.screen)
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            self._submitted(self.value)
