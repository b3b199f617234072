"""A run as files that other tools read: one module a format, all of them made from a `RunState` alone."""
