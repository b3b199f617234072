"""Bayesian optimisation with a Gaussian process as its surrogate."""
