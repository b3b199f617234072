"""Where a run's records come from: the program's own journal, or what another tool keeps of its searches."""
