"""How long `tunetop` takes to its first painted screen, against `python -c "import textual.app"`.

Whole processes, in turn, in a pseudo terminal of 80x24, of an install that is not editable, bare and with an option;
painted is what has a preset's title on the terminal. Usage: python tests/bench/bench_start.py [pairs]
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import statistics
import struct
import subprocess
import sys
import sysconfig
import tempfile
import termios
import time
from pathlib import Path

TITLE = b"Titanic"
ROOT = Path(__file__).resolve().parents[2]
OPTION = ["--runs-dir", "runs"]
WAYS: list[tuple[str, list[str], float]] = [("bare", [], 1.3), ("with --runs-dir", OPTION, 1.5)]
"""What is begun, with what arguments, and how many times `import textual.app` it may take."""


def installed(folder: Path) -> str:
    """Install the working tree into a new environment, as users have them, and return its Python."""
    source = folder / "source"
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listing, cwd=ROOT, text=True).splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    packages = next((folder / "env" / "lib").glob("python*")) / "site-packages"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", packages, "."], cwd=source, check=True)
    # what it needs is shared; an editable install there counts for nothing
    (packages / "shared.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    python = str(folder / "env" / "bin" / "python")
    where = subprocess.check_output([python, "-c", "import tunetop; print(tunetop.__file__)"], cwd=folder, text=True)
    assert where.startswith(str(packages)), where
    return python


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
            try:
                seen += os.read(master, 65536)
            except OSError:
                raise SystemExit(f"it ended before it painted: {seen.decode(errors='replace')}") from None
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
    """Print each way's time, that of the import beside it, and their ratio."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        python = installed(Path(folder))
        bare_import = [python, "-c", "import textual.app"]
        whole(bare_import)
        for name, arguments, limit in WAYS:
            app = [python, "-m", "tunetop", *arguments]
            to_first_paint(app)
            taken = [(to_first_paint(app), whole(bare_import)) for _ in range(pairs)]
            paints, imports = zip(*taken, strict=True)
            ratio = statistics.median(paint / plain for paint, plain in taken)
            print(f"{name}")
            print(f"  first painted screen   {statistics.median(paints):.3f} s")
            print(f"  import textual.app     {statistics.median(imports):.3f} s")
            print(f"  ratio (median of {pairs})   {ratio:.2f}   must be at most {limit}")


if __name__ == "__main__":
    main()
