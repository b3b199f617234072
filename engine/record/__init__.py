"""A run on disk: its journal, its lock, its inbox, and the folder that holds them."""
