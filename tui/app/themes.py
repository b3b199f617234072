"""Themes: the looks of `render.look`, as textual's own themes see them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..render.look import LOOKS, Colors, Look

if TYPE_CHECKING:
    from textual.theme import Theme

NAMES = tuple(LOOKS)
"""The themes' names, in the order in which the theme key goes through them."""

DEFAULT = NAMES[0]


def look_for(theme: str, *, colors: Colors = "truecolor", unicode: bool = True, thin: bool = False) -> Look:
    """Return the look of a theme on a terminal: its colours, its glyphs, and fewer steps of the ramp on thin lines."""
    look = LOOKS.get(theme, LOOKS[DEFAULT])
    if thin:
        look = look.reduced()
    look = look.with_colors(colors)
    return look if unicode else look.ascii()


def theme_of(look: Look, name: str) -> Theme:
    """Return textual's theme in the colours of a look; without colours it is the terminal's own two."""
    from textual.theme import BUILTIN_THEMES, Theme

    if not look.coloured:
        default = "ansi_default"
        plain = dict.fromkeys(("primary", "secondary", "warning", "error", "success", "accent"), default)
        return replace(BUILTIN_THEMES["ansi-dark"], name=name, **plain)
    colours = {
        "block-cursor-background block-hover-background scrollbar-background scrollbar-corner-color": look.panel,
        "scrollbar-background-hover scrollbar-background-active": look.panel,
        "border border-blurred foreground-muted text-muted scrollbar": look.dim,
        "block-cursor-foreground input-cursor-background scrollbar-hover scrollbar-active": look.accent,
        "input-cursor-foreground": look.background,
        "input-selection-background": f"{look.accent} 30%",
        "input-cursor-text-style": "none",
    }
    return Theme(
        name=name,
        primary=look.accent,
        secondary=look.accent,
        accent=look.accent,
        warning=look.warn,
        error=look.bad,
        success=look.good,
        foreground=look.text,
        background=look.background,
        surface=look.background,
        panel=look.panel,
        dark=look.dark,
        variables={name: colour for names, colour in colours.items() for name in names.split()},
    )
