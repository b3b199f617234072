"""`python -m tunetop` and the command `tunetop`."""

import atexit
import os
import signal
import sys
import threading
import warnings
from contextlib import suppress


def main() -> None:
    """Run the command line and leave with its exit code.

    Ctrl+C and SIGTERM leave with 3, as they do where a run is stopped, as long as nobody else has use for them.
    """
    if sys.platform == "win32":
        print("tunetop runs on Linux and macOS; on Windows, start it inside WSL (wsl --install)", file=sys.stderr)
        sys.exit(2)

    if not sys.warnoptions and "--debug" not in sys.argv:
        # what a fit warns of is counted with its trial: here it would stand in the midst of what is printed
        warnings.simplefilter("ignore")

    def leave(*_: object) -> None:
        # unlike KeyboardInterrupt, which Python may turn into a death by signal later on
        raise SystemExit(3)

    # what is begun in the background of a script is not meant by a Ctrl+C
    heard = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, leave)
    # a run needs no terminal, and whoever sees it off may go; a screen notices by itself that it has none any more
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    from .tui.cli.main import main as command_line

    code = command_line(sys.argv[1:])
    for number in heard:
        # all is done and said: the code stands
        signal.signal(number, signal.SIG_IGN)
    _leave(code)


def _leave(code: int) -> None:
    """End the process without taking the interpreter apart: with scikit-learn loaded, that alone takes 0.2 s."""
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            pass  # whoever read it has gone, or it was closed
        except OSError as error:
            code = code or 1
            with suppress(OSError, ValueError):
                print(f"tunetop: what was printed is lost: {error.strerror}", file=sys.stderr, flush=True)
    os._exit(code)


if __name__ == "__main__":
    main()
