"""tunetop: htop for hyperparameter search."""

__version__ = "0.1.0"
