"""A race on disk: what is raced over which seeds, and which run belongs to each seed.

Races lie in `races` inside the runs folder, one folder each: `preset.toml` as it is raced (its methods' seeds aside),
`plan.json`, a lock held by the process that conducts it, and the files of `compare.write`. The seeds' runs are
ordinary runs of the same runs folder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ..errors import StoreError
from ..events import Count
from ..files import only_plain, write_atomically
from ..preset.preset import Preset, load, portable
from ..record.locked_folder import Inside, LockedFolder
from ..record.run_folder import RunFolder
from ..record.store import Store
from ..run.warm_start import settled
from ..text import NAME, clean, listed

Name = Annotated[str, msgspec.Meta(pattern=rf"\A{NAME.pattern}\Z")]
"""What may become part of a path."""

TournamentState = Literal["running", "done", "stopped", "failed"]

FILES = ("race.json", "race.md", "race.csv")
"""What a race comes to; see `compare.write`."""

_LARGEST = 1 << 20


class TournamentPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is raced, and how far it has come."""

    preset: str
    """The preset's name."""
    title: str
    digest: str
    """SHA-256 of the preset as it is raced, its methods' seeds aside."""
    methods: list[str]
    """Names of the methods beside the baseline."""
    seeds: Annotated[list[Count], msgspec.Meta(min_length=1, max_length=1000)]
    runs: dict[Count, Name] = {}
    """Ids of the runs that were begun, by seed."""
    state: TournamentState = "running"
    reason: str = ""
    to: str = ""
    """A folder that gets copies of the files; empty: none."""


class TournamentFolder(LockedFolder):
    """One race on disk."""

    plan_file = Inside("plan.json")
    """What is raced, and how far it has come."""

    @property
    def store(self) -> Store:
        """The runs folder that the seeds' runs lie in."""
        return Store(self.path.resolve().parent.parent)

    def read(self) -> TournamentPlan:
        """Return the plan; raise `StoreError` where there is none, or it cannot be read."""
        try:
            with open(self.plan_file, "rb", opener=only_plain) as file:
                return msgspec.json.decode(file.read(_LARGEST), type=TournamentPlan)
        except (OSError, msgspec.MsgspecError, ValueError) as error:
            raise StoreError(f"{clean(self.path, 300)} holds no race that can be read: {clean(error, 200)}") from error

    def check(self, plan: TournamentPlan) -> None:
        """Raise `StoreError` where the preset is not the one that the race began with."""
        file = self.preset_file
        if load(file).digest != plan.digest:
            raise StoreError(f"{clean(file, 300)} was changed since the race began; put it back, or begin another race")

    def write(self, plan: TournamentPlan) -> None:
        """Put a plan in the place of the one before, whole or not at all."""
        write_atomically(self.plan_file, msgspec.json.format(msgspec.json.encode(plan)) + b"\n", force=True)

    def run(self, plan: TournamentPlan, seed: int) -> RunFolder | None:
        """Return the run of a seed, if one was begun and is still there."""
        name = plan.runs.get(seed)
        folder = RunFolder(self.store.root / name) if name else None
        return folder if folder is not None and folder.exists() else None

    def preset(self, plan: TournamentPlan, seed: int) -> Preset:
        """Return the preset as a seed's run has it."""
        return replace(load(self.preset_file, seed=seed), name=plan.preset)


def create(
    store: Store, preset: Preset, methods: Sequence[str], seeds: Sequence[int], to: Path | None = None
) -> TournamentFolder:
    """Make the folder of a new race in a runs folder; `to` gets copies of its files."""
    whole = portable(settled(preset, store))
    made = _races(store).create(f"{preset.name[:50]}-race", whole.text)
    folder = TournamentFolder(made.path)
    folder.write(
        TournamentPlan(
            preset=preset.name,
            title=preset.title,
            digest=whole.digest,
            methods=list(methods),
            seeds=list(seeds),
            to=str(to.absolute()) if to is not None else "",
        )
    )
    return folder


def all_of(store: Store) -> list[TournamentFolder]:
    """Return the races of a runs folder, the newest first."""
    folders = [TournamentFolder(folder.path) for folder in _races(store).list()]
    return [folder for folder in folders if folder.plan_file.is_file()]


def named(store: Store, ref: str) -> TournamentFolder | None:
    """Return the race of that id or path, if there is one."""
    here = _races(store).root / ref
    for path in ([here] if ref and os.sep not in ref and ref not in (".", "..") else []) + [Path(ref).expanduser()]:
        if (path / "plan.json").is_file():
            return TournamentFolder(path)
    return None


def race_or_run(store: Store, ref: str | None) -> TournamentFolder | RunFolder:
    """Return the race or the run of that id or path; None: the latest run."""
    return (named(store, ref) if ref is not None else None) or store.find(ref)


def find(store: Store, ref: str | None) -> TournamentFolder:
    """Return the race that `ref` names: an id, a path, or a preset's name for the newest of it; None: the newest.

    Raises `StoreError`, with what there is.
    """
    folders = all_of(store)
    if ref is None:
        if folders:
            return folders[0]
        raise StoreError(f"there are no races in {store.root} yet: start one with tunetop race PRESET --seeds 10")
    if (folder := named(store, ref)) is not None:
        return folder
    preset = Path(ref).stem if ref.endswith(".toml") else ref
    for folder in folders:
        if folder.read().preset == preset:
            return folder
    raise StoreError(f"there is no race {clean(ref, 80)!r} in {store.root}: {_told(folders)}")


def alike(store: Store, preset: Preset, methods: Sequence[str]) -> TournamentFolder:
    """Return the newest race of exactly this preset and these methods; raise `StoreError` where there is none."""
    digest, folders = portable(settled(preset, store)).digest, all_of(store)
    for folder in folders:
        plan = folder.read()
        if plan.digest == digest and plan.methods == list(methods):
            return folder
    raise StoreError(
        f"{preset.name}, as it is now and with these methods, was not raced yet ({_told(folders)}): start it "
        "without --resume, or name the race to go on with"
    )


def _races(store: Store) -> Store:
    return Store(store.root / "races")


def _told(folders: Sequence[TournamentFolder]) -> str:
    return f"there are {listed([folder.id for folder in folders], 8)}" if folders else "there are none"
