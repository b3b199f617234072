"""Methods over many seeds, each seed an ordinary run."""
