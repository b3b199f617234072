"""From a preset's `[data]` to features and target: tables read as a person would read them, parted into folds."""
