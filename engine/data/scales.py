"""Words that have an order, as low, medium and high: what is read as categories has none, which a line says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_SCALES = (
    "very low|low|medium|high|very high",
    "very low|low|moderate|high|very high|extreme",
    "low|normal|high|very high",
    "low|average|high",
    "low|mid|high",
    "low|med|high",
    "xxs|xs|s|m|l|xl|xxl|xxxl",
    "tiny|very small|small|medium|large|very large|extra large|huge",
    "none|minimal|mild|moderate|severe|very severe|critical",
    "very poor|poor|fair|average|good|very good|excellent|outstanding",
    "very bad|bad|ok|good|very good",
    "fair|good|very good|premium|ideal",
    "po|fa|ta|gd|ex",
    "never|almost never|rarely|occasionally|sometimes|often|frequently|very often|almost always|always",
    "never|seldom|sometimes|usually|always",
    "strongly disagree|disagree|somewhat disagree|neutral|somewhat agree|agree|strongly agree",
    "strongly disagree|disagree|neither agree nor disagree|agree|strongly agree",
    "very dissatisfied|dissatisfied|neutral|satisfied|very satisfied",
    "very unlikely|unlikely|neutral|likely|very likely",
    "beginner|intermediate|advanced|expert",
    "freshman|sophomore|junior|senior",
    "junior|mid|senior|lead",
    "bronze|silver|gold|platinum|diamond",
    "first|second|third|fourth|fifth",
    "1st|2nd|3rd|4th|5th",
    "cold|cool|mild|warm|hot",
    "primary|secondary|tertiary",
)


def in_order(texts: Sequence[str], letters_of: Callable[[str], str]) -> list[str]:
    """Return three texts or more in their order, where all are words of one scale, each in one spelling; else none."""
    places = {letters_of(text): text for text in texts} if 3 <= len(texts) <= 12 else {}
    if len(places) < max(len(texts), 1):
        return []
    for scale in _SCALES:
        ordered = [places[word] for word in map(letters_of, scale.split("|")) if word in places]
        if len(ordered) == len(places):
            return ordered
    return []
