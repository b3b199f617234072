"""The first screen: presets and earlier runs to pick from."""
