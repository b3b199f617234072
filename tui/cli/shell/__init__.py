"""What a shell and `man` know of the command line: completion scripts and the manual page, made from its own table."""
