"""Search methods, one file each; `base` holds the ask/tell contract."""
