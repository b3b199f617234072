"""The search space, and how a preset spells it."""
