"""The preset, its data, its model and its scores: what is to be optimised."""
