"""Commands to a run through its folder: its owner's alone, each once and in order."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hostile_text import HOSTILE
from running import wait_until
from tunetop.engine.record.inbox import Command, Inbox, NotOwner, add, parse
from tunetop.engine.record.run_folder import RunFolder


def heard(inbox: Inbox) -> list[str]:
    return [str(command) for command in inbox.poll()]


def test_a_command_is_read_as_it_was_written() -> None:
    commands = [
        Command("stop-now"),
        Command("skip", "a.b-c_1"),
        Command("add-trials", "random", 12),
        add({"C": 0.5, "kind": "rbf", "n": None}),
    ]
    assert [parse(str(command)) for command in commands] == commands
    assert [str(command) for command in commands[:3]] == ["stop-now", "skip:a.b-c_1", "add-trials:random=12"]
    assert commands[3].point == {"C": 0.5, "kind": "rbf", "n": None}


def test_commands_arrive_once_and_in_order(folder: RunFolder) -> None:
    reader = Inbox(folder.path)
    assert reader.poll() == []
    commands = ["pause", "unpause", "skip:random", 'add:{"method":"random","params":{"alpha":0.1}}', "stop", "stop-now"]
    for command in commands[:3]:
        folder.send(command)
    assert heard(reader) == commands[:3]
    assert reader.poll() == []
    for command in commands[3:]:
        folder.send(command)
    assert heard(reader) == commands[3:]
    assert stat.S_IMODE(folder.control.stat().st_mode) == 0o600


def test_commands_from_before_the_start_are_passed_over(folder: RunFolder) -> None:
    folder.send("stop")
    reader = Inbox(folder.path)
    assert reader.poll() == []
    folder.send("pause")
    assert heard(reader) == ["pause"]


def test_a_half_written_command_waits_for_its_end(folder: RunFolder) -> None:
    reader = Inbox(folder.path)
    with folder.control.open("wb", buffering=0) as file:
        file.write(b"pa")
        assert reader.poll() == []
        file.write(b"use\nst")
        assert heard(reader) == ["pause"]
        file.write(b"op\n")
        assert heard(reader) == ["stop"]


def test_a_control_file_that_is_replaced_or_emptied_is_read_from_its_start(folder: RunFolder) -> None:
    reader = Inbox(folder.path)
    folder.send("skip:random")
    assert heard(reader) == ["skip:random"]
    folder.control.unlink()
    assert reader.poll() == []
    folder.send("pause")
    assert heard(reader) == ["pause"]
    folder.control.write_text("")
    assert reader.poll() == []
    folder.send("stop")
    assert heard(reader) == ["stop"]


@pytest.mark.parametrize(
    "command",
    ["", "destroy", "stop\nstop-now", "skip:", "skip:../x", "skip:a b", "add:", "add:\x1b[2J", "add:{}\n", "STOP"],
)
def test_what_is_no_command_is_neither_sent_nor_received(folder: RunFolder, command: str) -> None:
    with pytest.raises(ValueError, match="no such command"):
        folder.send(command)
    reader = Inbox(folder.path)
    folder.control.write_text("".join(f"{line}\n" for line in command.split("\n")) + "pause\n", newline="")
    assert [line for line in heard(reader) if line not in ("stop", "stop-now", "add:{}")] == ["pause"]


def test_megabytes_of_garbage_are_passed_over(folder: RunFolder) -> None:
    reader = Inbox(folder.path)
    folder.control.write_bytes(b"\xff" * 3_000_000 + b"\nstop\n")
    got: list[str] = []
    wait_until(lambda: got.extend(heard(reader)) or got)
    assert got == ["stop"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_no_command(text: str) -> None:
    assert parse(text) is None


def test_a_file_system_that_is_away_for_a_while_ends_no_run(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Inbox(folder.path)
    folder.send("pause")

    def stale(*args: object, **options: object) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", stale)
        assert reader.poll() == []
    assert heard(reader) == ["pause"]


def test_only_the_owner_commands_a_run(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Inbox(folder.path)
    somebody = os.geteuid() + 1
    folder.send("pause")
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: somebody)
        with pytest.raises(NotOwner, match="only its owner"):
            folder.send("stop")
        assert reader.poll() == []
    assert heard(reader) == ["pause"]


def test_a_planted_control_link_is_neither_written_nor_read(folder: RunFolder, tmp_path: Path) -> None:
    reader = Inbox(folder.path)
    (tmp_path / "victim").write_text("stop\n")
    folder.control.symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="control"):
        folder.send("pause")
    assert reader.poll() == []
    assert (tmp_path / "victim").read_text() == "stop\n"
