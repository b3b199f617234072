"""From a preset's `[model]` to an estimator: values, preparation of the columns, and what stands around it."""
