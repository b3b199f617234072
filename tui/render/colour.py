"""The arithmetic of colours: contrast, mixing, and the palettes of terminals that show fewer of them."""

from __future__ import annotations

from functools import cache


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255 each, of a `#rrggbb` colour."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def hexed(red: float, green: float, blue: float) -> str:
    """Return the `#rrggbb` colour of three numbers from 0 to 255."""
    return f"#{round(red):02x}{round(green):02x}{round(blue):02x}"


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 to 1 (WCAG 2.2)."""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in rgb(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@cache
def readable(background: str) -> str:
    """Return black or white, whichever reads better on `background`: at least 4.58 to 1 on any colour."""
    if background == "default":
        return "default"
    return max("#000000", "#ffffff", key=lambda colour: contrast(colour, background))


def resampled(ramp: tuple[str, ...], levels: int) -> tuple[str, ...]:
    """Return a ramp of `levels` colours from the first to the last of `ramp`, straight lines in RGB between them."""
    if ramp[0] == "default" or len(ramp) == 1:
        return ramp
    colours = [rgb(colour) for colour in ramp]
    result = []
    for index in range(levels):
        place = index / max(levels - 1, 1) * (len(ramp) - 1)
        left = min(int(place), len(ramp) - 2)
        part = place - left
        mixed = [a + (b - a) * part for a, b in zip(colours[left], colours[left + 1], strict=True)]
        result.append(hexed(*mixed))
    return tuple(result)


_CUBE = (0, 95, 135, 175, 215, 255)
_STANDARD = (
    *("#000000", "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#aaaaaa"),
    *("#555555", "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff", "#ffffff"),
)


def snapped_256(colour: str) -> str:
    """Return the colour of the 256-colour palette (cube and grey ramp) that is nearest to `colour`."""
    if colour == "default":
        return colour
    parts = rgb(colour)
    cube = hexed(*(min(_CUBE, key=lambda step, part=part: abs(step - part)) for part in parts))
    grey = min(range(8, 239, 10), key=lambda step: abs(step - sum(parts) / 3))
    return min(cube, hexed(grey, grey, grey), key=lambda candidate: _distance(candidate, colour))


def snapped_16(colour: str, background: str) -> str:
    """Return the colour of the standard 16 that is nearest to `colour` among those readable on `background`."""
    legible = [candidate for candidate in _STANDARD if contrast(candidate, background) >= 4]
    return min(legible, key=lambda candidate: _distance(candidate, colour))


def _distance(one: str, other: str) -> float:
    return sum((a - b) ** 2 for a, b in zip(rgb(one), rgb(other), strict=True))


@cache
def visible_on(colour: str, background: str, text: str) -> str:
    """Return `colour`, moved towards `text` until a small mark in it shows on `background`."""
    for part in (0.0, 0.2, 0.4, 0.6):
        mixed = hexed(*((1 - part) * a + part * b for a, b in zip(rgb(colour), rgb(text), strict=True)))
        if contrast(mixed, background) >= 2.2:
            return mixed
    return text
