"""Figures for a page: SVG whose colours are the page's variables, so that one drawing serves light, dark and print.

A page under a strict Content-Security-Policy knows no `style` attributes, so they become presentation attributes.
"""

from __future__ import annotations

import re
from dataclasses import fields
from xml.etree import ElementTree

from ...trials.palette import LIGHT, Palette

_SVG, _LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _LINK)

_HREF = f"{{{_LINK}}}href"
_LONG = re.compile(r"-?\d+\.\d{3,}")
_DROPPED = ("font-family", "font")
_COLOUR = re.compile(r"#[0-9a-f]{6}")


def variables(palette: Palette) -> dict[str, str]:
    """Return a palette's colours by the names that the page's style knows them by."""
    named: dict[str, str] = {}
    for field in fields(palette):
        value = getattr(palette, field.name)
        if field.name == "name":
            continue
        several = {f"--{field.name.replace('_', '-')}-{place}": one for place, one in enumerate(value)}
        named |= several if isinstance(value, tuple) else {f"--{field.name}": value}
    return named


def _stand_in() -> tuple[Palette, dict[str, str]]:
    """Return a palette with a colour of its own for each role, and the variables by these colours."""
    found: dict[str, str] = {}

    def colour(name: str) -> str:
        made = f"#{0x01F000 + len(found):06x}"
        found[made] = f"var({name})"
        return made

    roles = {}
    for field in fields(LIGHT):
        value = getattr(LIGHT, field.name)
        name = f"--{field.name.replace('_', '-')}"
        if field.name == "name":
            roles["name"] = "page"
        elif isinstance(value, tuple):
            roles[field.name] = tuple(colour(f"{name}-{place}") for place in range(len(value)))
        else:
            roles[field.name] = colour(name)
    return Palette(**roles), found


PAGE, _VARIABLES = _stand_in()
"""What figures for a page are drawn with: colours that stand for the page's variables."""


def for_page(svg: bytes, prefix: str, label: str) -> str:
    """Return an SVG of matplotlib's as an element of a page, with `label` for whoever cannot see it.

    Ids get `prefix`, those that nothing refers to go.
    """
    root = ElementTree.fromstring(svg)
    text = svg.decode()
    used = {*re.findall(r"url\(#([^)]+)\)", text), *re.findall(r'href="#([^"]+)"', text)}
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{_SVG}}}metadata" or (child.tag == f"{{{_SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        _plain(element, prefix, used)
    if (page := root.find(f"{{{_SVG}}}g")) is not None and len(page) and page[0].get("fill") == "var(--background)":
        page.remove(page[0])
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", label)
    root.set("stroke-linejoin", "round")
    return ElementTree.tostring(root, encoding="unicode")


def _plain(element: ElementTree.Element, prefix: str, used: set[str]) -> None:
    for declaration in element.attrib.pop("style", "").split("; "):
        name, _, value = declaration.partition(": ")
        if value and name not in _DROPPED:
            element.set(name, value.removesuffix("px") if name == "font-size" else value)
    if (own := element.attrib.pop("id", None)) is not None:
        if own in used:
            element.set("id", f"{prefix}-{own}")
        elif own.startswith("tunetop-"):
            element.set("class", own)
    for name, value in element.attrib.items():
        if name == _HREF:
            element.set(name, f"#{prefix}-{value[1:]}")
        elif value.startswith("url(#"):
            element.set(name, f"url(#{prefix}-{value[5:]}")
        elif name in ("fill", "stroke"):
            element.set(name, _COLOUR.sub(lambda found: _VARIABLES.get(found[0], found[0]), value))
        elif name in ("d", "x", "y", "transform"):
            element.set(name, _LONG.sub(lambda found: f"{float(found[0]):.2f}", value).replace("\n", ""))
    if element.text is not None and not element.text.strip():
        element.text = None
    if element.tail is not None and not element.tail.strip():
        element.tail = None
