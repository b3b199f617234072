"""The screen of a race: methods over many seeds, live."""
