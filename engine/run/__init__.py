"""Carrying a run out: launched, conducted, extended."""
