"""`python -m tunetop` and the command `tunetop`."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code.

    Nothing is imported above this line: worker processes load this module too.
    """
    from .tui.cli import main as command_line

    sys.exit(command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
