"""A preset made concrete: its data, estimator, folds and scorer, checked before the first fit; and a first preset."""
