"""A run's trials as numbers: what every picture of them is computed from."""
