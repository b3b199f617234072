"""Pure functions from what is known of a run to styled text; no textual in here."""
