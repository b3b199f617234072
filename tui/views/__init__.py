"""Views of a run's trials, drawn as lines of cells."""
