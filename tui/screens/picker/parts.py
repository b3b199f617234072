"""The picker's keys that are about the methods of a card, and those about the run under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .presets import Draft

if TYPE_CHECKING:
    from ....engine.record.store import RunEntry
    from ..host import Host


class MethodKeys:
    """Changes the methods of a draft: `draft` and `method` return what the cursor is on.

    `enter` goes over to the card and returns False where that was done before; `changed` is told of every change.
    """

    def __init__(
        self,
        host: Host,
        draft: Callable[[], Draft | None],
        method: Callable[[], str | None],
        enter: Callable[[], bool],
        changed: Callable[[], None],
    ) -> None:
        self._host = host
        self._draft = draft
        self._method = method
        self._enter = enter
        self._changed = changed

    def start(self) -> bool:
        """Start the preset as it is set up; False where it cannot be started as it is."""
        draft = self._draft()
        if draft is None:
            return False
        if not draft.on:
            self._host.say("No method is switched on.", "warning")
            return False
        self._host.say(f"Starting {draft.preset.title} …")
        self._host.sessions.start(draft.resolved, methods=draft.on, together=draft.together)
        return True

    def action_toggle_method(self) -> None:
        self._change(lambda draft, name: draft.off.symmetric_difference_update({name}))

    def action_change_budget(self, direction: int) -> None:
        def change(draft: Draft, name: str) -> None:
            if not draft.change_budget(name, direction):
                self._host.say(f"{name} tries what the preset lists: it has no budget to change.")

        self._change(change)

    def _change(self, change: Callable[[Draft, str], object]) -> None:
        draft, name = self._draft(), self._method()
        # the first press shows which method it is about
        if draft is not None and name is not None and not self._enter():
            change(draft, name)
            self._changed()

    def action_toggle_together(self) -> None:
        """Methods in turn, or all together."""
        if (draft := self._draft()) is not None:
            draft.together = not draft.together
            self._changed()


class RunKeys:
    """Opens runs, goes on with them, compares them; `chosen` returns the run under the cursor, `runs` all of them."""

    def __init__(
        self, host: Host, chosen: Callable[[], RunEntry | None], runs: Callable[[], Sequence[RunEntry]]
    ) -> None:
        self._host = host
        self._chosen = chosen
        self._runs = runs
        self.marked: set[str] = set()
        """Ids of the runs that are to be compared."""

    def mark(self, run: RunEntry) -> None:
        """Mark a run to be compared, or take its mark away."""
        self.marked ^= {run.id}

    def action_compare(self) -> None:
        """Hold the marked runs side by side, or show all runs on the data of the one under the cursor."""
        run = self._chosen()
        marked = [one for one in self._runs() if one.id in self.marked] or ([run] if run is not None else [])
        if not marked:
            self._host.say("Mark runs with space, or put the cursor on one.")
            return
        from ....engine.record.run_folder import RunFolder

        self._host.open_side_by_side([RunFolder(one.path) for one in marked])

    def action_open_run(self) -> None:
        """Open the run under the cursor, or the latest one."""
        run = self._chosen() or next(iter(self._runs()), None)
        if run is None:
            self._host.say("There is no run yet.")
            return
        from ....engine.record.run_folder import RunFolder

        self._host.sessions.open_run(RunFolder(run.path))

    def action_resume(self) -> None:
        """Go on with the run under the cursor."""
        run = self._chosen()
        if run is None or run.phase not in ("stopped", "interrupted"):
            self._host.say("Only a stopped or interrupted run can go on: put the cursor on one.")
            return
        from ....engine.record.run_folder import RunFolder

        self._host.say(f"Going on with {run.id} …")
        self._host.sessions.resume(RunFolder(run.path))
