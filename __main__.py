"""`python -m tunetop` and the command `tunetop`."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code.

    Nothing is imported above this line: worker processes load this module too.
    """
    try:
        from .tui.cli import main as command_line

        code = command_line(sys.argv[1:])
    except KeyboardInterrupt:
        code = 3  # as for every run that is stopped; there was none yet
    sys.exit(code)


if __name__ == "__main__":
    main()
