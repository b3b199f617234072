"""The terminal itself: its abilities, its keys, and no more bytes to it than a change needs."""
