"""How long `tunetop` takes to its first painted screen, against `python -c "import textual.app"`.

Whole processes, in turn, in a pseudo terminal of 80x24; what counts as painted is a preset's title on the terminal.
Usage: python tests/bench/bench_start.py [pairs]
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

TITLE = b"Titanic"
LIMIT = 1.6
APP = [sys.executable, "-m", "tunetop"]
IMPORT = [sys.executable, "-c", "import textual.app"]


def to_first_paint(command: list[str]) -> float:
    """Return the seconds from starting the command to a preset's title on its terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with tempfile.TemporaryDirectory() as folder:
        names = {"TUNETOP_RUNS_DIR": folder, "TUNETOP_CONFIG_DIR": folder, "TERM": "xterm-256color"}
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SSH_")} | names
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, cwd=folder
        )
        os.close(slave)
        seen = b""
        while TITLE not in seen:
            ready, _, _ = select.select([master], [], [], 30)
            if not ready:
                process.kill()
                raise SystemExit(f"no screen within 30 s: {seen[-400:]!r}")
            seen += os.read(master, 65536)
        seconds = time.perf_counter() - began
        process.kill()
        process.wait()
    os.close(master)
    return seconds


def whole(command: list[str]) -> float:
    """Return the seconds that the whole command takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Print both times and their ratio."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    whole(IMPORT)
    to_first_paint(APP)
    taken = [(to_first_paint(APP), whole(IMPORT)) for _ in range(pairs)]
    paints, imports = zip(*taken, strict=True)
    ratio = statistics.median(paint / plain for paint, plain in taken)
    print(f"first painted screen   {statistics.median(paints):.3f} s")
    print(f"import textual.app     {statistics.median(imports):.3f} s")
    print(f"ratio (median of {pairs})   {ratio:.2f}   must be at most {LIMIT}")


if __name__ == "__main__":
    main()
