"""A run's trials as columns: sorted, filtered, listed."""
