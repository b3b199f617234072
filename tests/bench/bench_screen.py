"""How fast and how light the monitor is, on a real terminal: `python tests/bench/bench_screen.py`.

Measures a key press to the changed screen with 100,000 trials, an event in the journal to its row on the terminal, the
processor time of the app at 10 trials a second, and bytes over a thin line.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

SUPPORT = Path(__file__).parents[1] / "support"
sys.path.insert(0, str(SUPPORT))

from feeding import FedRun  # noqa: E402
from terminal import SSH_SETTINGS, Terminal  # noqa: E402

SIZE = (120, 36)
KEYS = {
    "down": "j",
    "page down": "\x1b[6~",
    "page up": "\x1b[5~",
    "last": "G",
    "first": "g",
    "sort": "s",
    "turn around": "i",
    "next view": "v",
    "next axes": "]",
    "follow": "f",
}
TYPED = "/score>=0.97\r"


def percentile(values: list[float], share: float) -> float:
    """Return the value below which that share of the values lies."""
    ranked = sorted(values)
    return ranked[min(int(share * len(ranked)), len(ranked) - 1)]


def opened(run: FedRun, folder: Path, *, thin: bool) -> Terminal:
    """Return a terminal with the monitor attached to a run."""
    environment = {"TUNETOP_CONFIG_DIR": str(folder / "config")} | (SSH_SETTINGS if thin else {})
    program = [sys.executable, "-m", "tunetop", "attach", str(run.folder.path), *(["--ssh"] if thin else [])]
    return Terminal(program, columns=SIZE[0], rows=SIZE[1], environment=environment)


def answered(terminal: Terminal, keys: str, patience: float = 1.0) -> float | None:
    """Press keys and return the seconds until the first bytes of the answer, None if none came."""
    quiet(terminal)
    before, pressed = len(terminal.chunks), time.monotonic()
    terminal.type(keys)
    while time.monotonic() - pressed < patience:
        if len(terminal.chunks) > before:
            return terminal.chunks[before][0] - pressed
        time.sleep(0.0005)
    return None


def quiet(terminal: Terminal, seconds: float = 0.25) -> None:
    """Wait until nothing has come for a while, so that an answer is not taken for another."""
    while not terminal.chunks or time.monotonic() - terminal.chunks[-1][0] < seconds:
        time.sleep(0.005)


def keys_at(trials: int, rounds: int) -> dict[str, list[float]]:
    """Return the seconds from key to changed screen, by key, with so many trials loaded."""
    with tempfile.TemporaryDirectory() as name:
        run = FedRun(Path(name) / "runs", trials=trials)
        run.load(trials)
        began = time.monotonic()
        with opened(run, Path(name), thin=False) as terminal:
            shown = terminal.wait_for(f"{trials + 21:,}/", 120)
            memory = psutil.Process(terminal.process.pid).memory_info().rss / 1e6
            print(f"first screen with {trials:,} trials: {shown - began:.2f} s, {memory:.0f} MB")
            times: dict[str, list[float]] = {key: [] for key in [*KEYS, "filter", "filter off"]}
            for _ in range(rounds):
                for key, keys in KEYS.items():
                    if (seconds := answered(terminal, keys)) is not None:
                        times[key].append(seconds)
                terminal.type(TYPED[:-1])
                if (seconds := answered(terminal, TYPED[-1])) is not None:
                    times["filter"].append(seconds)
                if (seconds := answered(terminal, "\x1b")) is not None:
                    times["filter off"].append(seconds)
        run.close()
    return times


def latency(rate: float, seconds: float) -> tuple[list[float], float]:
    """Return the seconds from a finished trial's record to its row on the terminal, and the app's share of a core."""
    with tempfile.TemporaryDirectory() as name:
        run = FedRun(Path(name) / "runs", trials=10_000)
        run.load(12)
        with opened(run, Path(name), thin=False) as terminal:
            terminal.wait_for("folds")
            time.sleep(1.5)
            process = psutil.Process(terminal.process.pid)
            before, began = process.cpu_times(), time.monotonic()
            first = run.number
            writer = run.feed(rate, seconds)
            seen: dict[int, float] = {}
            until = time.monotonic() + seconds + 2
            while time.monotonic() < until:
                at = time.monotonic()
                lines = terminal.lines()
                for line in lines:
                    words = line.replace("▸", " ").split()
                    if len(words) > 4 and words[0].isdigit() and words[1] == "random" and "/5" not in line:
                        seen.setdefault(int(words[0]), at)
                time.sleep(0.004)
                if not writer.is_alive() and run.number - 1 in seen:
                    break
            after = process.cpu_times()
            busy = after.user + after.system - before.user - before.system
            share = busy / (time.monotonic() - began)
        run.close()
    waits = [seen[number] - run.written[number] for number in range(first, run.number) if number in seen]
    return waits, share


def thin_bytes(rate: float, seconds: float) -> list[int]:
    """Return the bytes of each second over a thin line."""
    with tempfile.TemporaryDirectory() as name:
        run = FedRun(Path(name) / "runs", trials=100_000)
        run.load(12)
        with opened(run, Path(name), thin=True) as terminal:
            terminal.wait_for("folds")
            time.sleep(2)
            began = time.monotonic()
            if rate:
                run.feed(rate, seconds).join()
            else:
                time.sleep(seconds)
            per_second = terminal.bytes_per_second(began, time.monotonic())
        run.close()
    return per_second


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--only", choices=["keys", "latency", "bytes"])
    arguments = parser.parse_args()
    if arguments.only in (None, "keys"):
        times = keys_at(arguments.trials, arguments.rounds)
        print(f"{'key':<14}{'median':>9}{'p95':>9}   ms")
        for key, values in times.items():
            if values:
                print(f"{key:<14}{1e3 * statistics.median(values):>9.1f}{1e3 * percentile(values, 0.95):>9.1f}")
        every = [value for values in times.values() for value in values]
        print(f"{'all':<14}{1e3 * statistics.median(every):>9.1f}{1e3 * percentile(every, 0.95):>9.1f}")
    if arguments.only in (None, "latency"):
        waits, share = latency(10, arguments.seconds)
        print(
            f"record to row: median {1e3 * statistics.median(waits):.0f} ms, p95 {1e3 * percentile(waits, 0.95):.0f} ms"
        )
        print(f"the app at 10 trials/s: {100 * share:.1f} % of a core")
    if arguments.only in (None, "bytes"):
        print(f"{'trials/s':>9}{'median':>9}{'most':>9}   bytes a second over a thin line")
        for rate in (0, 1, 10, 1000):
            per_second = thin_bytes(rate, arguments.seconds)
            print(f"{rate:>9}{statistics.median(per_second):>9.0f}{max(per_second):>9}")


if __name__ == "__main__":
    main()
