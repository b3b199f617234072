"""Everything without a screen: presets, search, workers, the journal of a run, its statistics and exports."""
