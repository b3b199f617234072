"""Glyphs, and what stands for them on a terminal without Unicode."""

from __future__ import annotations

from rich.cells import cell_len

MARKERS = "●◆▲■▼✚"
"""One glyph a method, in the order of the run's methods, the baseline left out."""

ASCII = str.maketrans(
    {
        **dict.fromkeys("★☆", "*"),
        **dict.fromkeys("●•", "o"),
        **dict.fromkeys("┼┤├┬┴┌┐└┘╭╮╰╯✚", "+"),
        **dict.fromkeys("─–━╴╶╸╺", "-"),
        **dict.fromkeys("│┃╵╷", "|"),
        **dict.fromkeys("█▓■", "#"),
        **dict.fromkeys("░…·", "."),
        **dict.fromkeys("▾▼↓", "v"),
        **dict.fromkeys("▴▲↑", "^"),
        **dict.fromkeys("▶▸→≥", ">"),
        **dict.fromkeys("←≤", "<"),
        **dict.fromkeys("✗×", "x"),
        **dict(zip("▁▂▃▄▅▆▇", "_.,-=+*", strict=True)),
        **dict(zip("✓‖○◆±Δ▀▌▐▒µ", "v=0%~d*||:u", strict=True)),
    }
)
"""What each glyph of ours becomes on a terminal without Unicode, one cell for one cell."""

SPARK = "▁▂▃▄▅▆▇█"
SPARK_ASCII = "_.,-=+*#"
SHADES = " ░▒▓█"
SHADES_ASCII = " .:-=+*#%@"


def plain(text: str) -> str:
    """Return `text` in ASCII and in as many terminal cells: our glyphs by their stand-ins, anything else as `?`."""
    if text.isascii():
        return text
    text = text.translate(ASCII)
    return "".join(c if c.isascii() else "?" * cell_len(c) for c in text)
