"""The monitor: one run, live."""
