"""Searches of other programs, recorded from inside: each writes an ordinary run folder, or leaves its program alone."""
