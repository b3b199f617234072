"""The page: a template with everything in it, under a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .... import __version__
from ...errors import UsageError
from ...text import clean
from ...trials.grammar import GRAMMAR
from ...trials.palette import DARK, LIGHT, Palette
from ..figures.drawing import check_installed
from .page_svg import variables

_HERE = Path(__file__).parent
_SCRIPTS = ("numbers.js", "filter.js", "trials.js", "page.js")


def check_extra() -> None:
    """Raise UsageError where what a report is made with is missing, with the command that brings it."""
    check_installed("report", "report")
    if importlib.util.find_spec("jinja2") is None:
        raise UsageError("report: jinja2 is not installed; pip install 'tunetop[report]' adds it")


def page(title: str, parts: Sequence[dict[str, Any]]) -> str:
    """Return the HTML of a report; all text of `parts` is escaped, but what is `Markup` already."""
    import jinja2
    from markupsafe import Markup

    style, script = _style(), "\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.j2").render(
        title=clean(title, 200),
        version=__version__,
        policy=policy,
        style=Markup(style),
        script=Markup(script),
        grammar=GRAMMAR,
        parts=parts,
    )


def embedded(data: Any) -> Any:
    """Return data as JSON for a script element: no character of it can end the element, or open a comment."""
    from markupsafe import Markup

    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _style() -> str:
    light, dark = _block(LIGHT), _block(DARK)
    themes = (
        f":root {{ {light} }}",
        f"@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme]) {{ {dark} }} }}",
        f'@media screen {{ :root[data-theme="dark"] {{ {dark} }} }}',
    )
    return "\n".join([*themes, (_HERE / "page.css").read_text(encoding="utf-8")])


def _block(palette: Palette) -> str:
    colours = " ".join(f"{name}: {value};" for name, value in variables(palette).items())
    return f"color-scheme: {palette.name}; {colours}"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
