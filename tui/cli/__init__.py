"""The command line, and everything that needs no screen."""
