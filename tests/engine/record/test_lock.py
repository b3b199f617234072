"""One process a run: the lock goes with its process, however that ends, and looking at it never disturbs."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from running import wait_until
from tunetop.engine.errors import StoreError
from tunetop.engine.record import lock as lock_module
from tunetop.engine.record.lock import RunLocked
from tunetop.engine.record.run_folder import RunFolder


@pytest.fixture
def holder(folder: RunFolder) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the run's lock."""
    code = f"""
from tunetop.engine.record.run_folder import RunFolder
lock = RunFolder({str(folder.path)!r}).lock()
print("held", flush=True)
input()
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_is_refused_and_told_who_is_first(folder: RunFolder, holder: subprocess.Popen[str]) -> None:
    assert folder.is_locked()
    with pytest.raises(
        RunLocked, match=rf"demo-1 is being run by process {holder.pid} on {socket.gethostname()} since"
    ):
        folder.lock()
    owner = folder.owner()
    assert owner
    assert (owner.pid, owner.host) == (holder.pid, socket.gethostname())
    assert abs(owner.started - time.time()) < 600


def test_a_lock_is_free_at_once_after_its_holder_was_killed(folder: RunFolder, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert not folder.is_locked()
    assert folder.owner() is None
    with folder.lock():
        assert folder.is_locked()


def test_a_lock_is_not_stolen_for_its_age(folder: RunFolder, holder: subprocess.Popen[str]) -> None:
    os.utime(folder.lock_file, (0, 0))
    assert folder.is_locked()
    with pytest.raises(RunLocked):
        folder.lock()


def test_a_lock_that_was_given_back_can_be_taken_again(folder: RunFolder) -> None:
    for _ in range(3):
        lock = folder.lock()
        with pytest.raises(RunLocked, match=str(os.getpid())):
            folder.lock()
        lock.close()
        lock.close()
        assert not folder.is_locked()
        assert folder.lock_file.read_bytes() == b""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_does_not_keep_its_parents_lock(folder: RunFolder, method: str) -> None:
    context = multiprocessing.get_context(method)
    lock = folder.lock()
    child = context.Process(target=time.sleep, args=(600,))
    child.start()
    assert folder.is_locked()
    lock.close()
    try:
        assert child.is_alive()
        assert not folder.is_locked()
        folder.lock().close()
    finally:
        child.kill()
        child.join()


def test_a_child_that_outlives_a_killed_parent_does_not_keep_the_lock(folder: RunFolder) -> None:
    code = f"""
import os, subprocess, sys, time
from tunetop.engine.record.run_folder import RunFolder
lock = RunFolder({str(folder.path)!r}).lock()
started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
forked = os.fork()
if forked == 0:
    print("forked", flush=True)
    time.sleep(600)
print(started.pid, forked, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = sorted([process.stdout.readline(), process.stdout.readline()])
        children = [int(pid) for pid in lines[0].split()]
        try:
            assert folder.is_locked()
            process.kill()
            process.wait()
            for pid in children:
                os.kill(pid, 0)
            assert not folder.is_locked()
            folder.lock().close()
        finally:
            for pid in children:
                os.kill(pid, signal.SIGKILL)


def test_readers_never_make_a_starting_writer_fail(folder: RunFolder) -> None:
    stop = threading.Event()
    looks = [0, 0, 0]

    def look(index: int) -> None:
        while not stop.is_set():
            folder.is_locked()
            looks[index] += 1

    readers = [threading.Thread(target=look, args=(index,)) for index in range(3)]
    for reader in readers:
        reader.start()
    try:
        wait_until(lambda: min(looks) > 0)
        for _ in range(100):
            with folder.lock():
                assert folder.is_locked()
    finally:
        stop.set()
        for reader in readers:
            reader.join()


def test_looking_at_a_lock_makes_no_file_and_changes_nothing(folder: RunFolder) -> None:
    assert not folder.is_locked()
    assert not folder.lock_file.exists()
    with folder.lock():
        before = folder.lock_file.read_bytes()
        assert folder.is_locked()
        assert folder.lock_file.read_bytes() == before


def test_a_lock_file_that_is_deleted_while_it_is_waited_for_is_made_anew(folder: RunFolder) -> None:
    first = folder.lock()
    timer = threading.Timer(0.1, lambda: (folder.lock_file.unlink(), first.close()))
    timer.start()
    second = folder.lock()
    timer.join()
    assert folder.is_locked()
    second.close()


def test_a_lock_file_that_is_deleted_just_as_it_was_opened_is_no_lock(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock, taken = fcntl.flock, []

    def late(fd: int, operation: int) -> None:
        if not taken:
            folder.lock_file.unlink()
        taken.append(fd)
        flock(fd, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with folder.lock():
        assert len(taken) == 2
        assert folder.is_locked()


def test_a_lock_is_not_taken_through_a_link(folder: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    folder.lock_file.symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="lock"):
        folder.lock()
    assert (tmp_path / "victim").read_text() == "precious"


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_where_one_may_not_write_it_says_what_to_do(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(path: Path, flags: int) -> int:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(lock_module, "open_private", refuse)
    with pytest.raises(StoreError, match=rf"lock cannot be written to \({os.strerror(number)}\): copy demo-1 to where"):
        folder.lock()


def test_where_the_file_system_has_no_locks_the_named_process_decides(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(fd: int, operation: int) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(StoreError, match=r"cannot be locked .* --runs-dir"):
        folder.lock()
    me = lock_module.LockOwner(socket.gethostname(), os.getpid(), 0.0, lock_module._birth(os.getpid()))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for owner, held in [
        (me, True),
        (msgspec.structs.replace(me, birth="1"), sys.platform != "linux"),
        (msgspec.structs.replace(me, pid=ended.pid), False),
        (msgspec.structs.replace(me, pid=2**40), True),
        (msgspec.structs.replace(me, host="another-host", pid=ended.pid), True),
    ]:
        folder.lock_file.write_bytes(msgspec.json.encode(owner))
        assert folder.is_locked() is held, owner
    folder.lock_file.write_bytes(b"garbage")
    assert not folder.is_locked()
