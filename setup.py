"""The packages, found: `pyproject.toml` cannot say that the folder it lies in is the package `tunetop`."""

from setuptools import find_packages, setup

_ROOMS = ("engine", "tui", "presets")

setup(
    # said, for pip does not: only so is this file no module of the package
    script_name="setup.py",
    packages=[
        "tunetop",
        # without a module of its own: what presets embed
        "tunetop.presets.data",
        *(f"tunetop.{name}" for name in find_packages(include=[*_ROOMS, *(f"{room}.*" for room in _ROOMS)])),
    ],
)
