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
    variables = {
        "block-cursor-background": look.panel,
        "block-cursor-foreground": look.accent,
        "block-hover-background": look.panel,
        "border": look.dim,
        "border-blurred": look.dim,
        "foreground-muted": look.dim,
        "text-muted": look.dim,
        "input-cursor-background": look.accent,
        "input-cursor-foreground": look.background,
        "input-cursor-text-style": "none",
        "input-selection-background": f"{look.accent} 30%",
        "scrollbar": look.dim,
        "scrollbar-hover": look.accent,
        "scrollbar-active": look.accent,
        "scrollbar-background": look.panel,
        "scrollbar-background-hover": look.panel,
        "scrollbar-background-active": look.panel,
        "scrollbar-corner-color": look.panel,
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
        variables=variables,
    )
