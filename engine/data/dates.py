"""Which format dates have: seen from all of them, for day and month can only be told apart by a day beyond 12."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pandas as pd

_ISO = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?|\d{8}T\d{4}(\d{2})?Z?", re.ASCII
)
_PARTS = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})( \d{1,2}:\d{2}(:\d{2})?( ?[AP]M)?)?", re.ASCII | re.IGNORECASE
)
_NAMED = re.compile(
    r"(?:\d{1,2}[ -])?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[ -](\d{1,2},? )?\d{2,4}( \d{1,2}:.*)?|"
    r"\d{1,2}(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\d{2,4}(:.*)?|"
    r"(mon|tue|wed|thu|fri|sat|sun),? .*\d:\d\d.*",
    re.IGNORECASE | re.ASCII,
)
_OTHER = re.compile(
    r"\d{4}[/.]\d{1,2}[/.]\d{1,2}( \d{1,2}:.*)?|\d{4}-\d{2}|"
    r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})? UTC|\d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?",
    re.ASCII,
)

_BEGINS = re.compile(r"\d{4}-\d{2}-\d{2}\b", re.ASCII)

_DAYS = (
    *("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%B-%Y", "%d-%b-%y", "%d %b %y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y"),
    *("%B %d %Y", "%b-%Y", "%b %Y", "%B %Y", "%b-%y", "%b %y", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m"),
    *("%d%b%Y", "%d%b%y"),
)
_WHOLE = (
    *("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M UTC", "%d%b%Y:%H:%M:%S", "%a, %d %b %Y %H:%M:%S %z"),
    *("%a, %d %b %Y %H:%M:%S GMT", "%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M:%S %Y"),
)
"""As databases, mails and other programs write a moment."""

_RARE = ("%m/%Y", "%Y/%m", "%Y-%b-%d", "%Y %b", "%Y %B", "%YM%m", "%Y.%m.%d.", "%d. %m. %Y", "%Hh%M")
"""What dates may be written as beside numbers and names of other kinds: a preset has to say it."""

_NEVER = re.compile(r"0+([-/.])0+\1 ?0+[0:. ]*")
"""What stands for no date, as in 0000-00-00."""
_HOURS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p", "%I:%M:%S %p")

Form = str | tuple[str, str]


def form_of(texts: Sequence[str]) -> Form:
    """Return the format of texts that are all dates or times of day, "" where they are not.

    It is one that `pandas.to_datetime` takes; two where day and month cannot be told apart.
    """
    if not all(map(like_one, texts[:1])):
        return ""  # most columns are something else, as one of their texts tells
    if all(_ISO.fullmatch(text) for text in texts):
        return "ISO8601"
    parts = [found for text in texts if (found := _PARTS.fullmatch(text))]
    if len(parts) == len(texts):
        return _in_parts(parts, texts)
    if parts and all(len(found[4]) == 4 for found in parts):
        return "mixed" if all(_ISO.fullmatch(text) or _PARTS.fullmatch(text) for text in texts) else ""
    if not all(_NAMED.fullmatch(text) or _OTHER.fullmatch(text) for text in texts):
        return ""
    return next((form for form in _further() if _fits(form, texts[:1]) and _fits(form, texts)), "")


def like_one(text: str) -> bool:
    """Tell whether a text looks like a date or a time of day that one format may read."""
    return any(form.fullmatch(text) for form in (_ISO, _PARTS, _NAMED, _OTHER))


def is_never(text: str) -> bool:
    """Tell whether a text is written as a date and is none: 0000-00-00."""
    return text[:1] == "0" and bool(_NEVER.fullmatch(text))


def hides(form: str, texts: Sequence[str]) -> str:
    """Return what a format does not say of the dates that have it, and a person may want to know."""
    if form == "mixed":
        return "are written in several ways; where day and month could both be meant, the month comes first"
    if form == "ISO8601":
        zones = any(re.search(r":.*[+-]\d{2}:?\d{2}$", text) for text in texts)
        return "have time zones: the hours are those of UTC" if zones else ""
    if form in _HOURS:
        return f'are read as "{form}", times of day ("span" reads them as seconds)'
    return "" if re.fullmatch(r"%d(.)%m\1%Y.*|%m(.)%d\2%Y.*", form) else f'are read as "{form}"'


def _further() -> Iterator[str]:
    yield from _DAYS
    yield from _HOURS
    yield from _WHOLE
    for day in _DAYS:
        yield from (f"{day} {hours}" for hours in _HOURS[:2])


def _fits(form: str, texts: Sequence[str]) -> bool:
    try:
        pd.to_datetime(pd.Series(texts, dtype="str"), format=form, utc=True)
    except ValueError:
        return False
    return True


def _in_parts(found: Sequence[re.Match[str]], texts: Sequence[str]) -> Form:
    """Return the format of dates such as 31.1.2024, 1/31/2024 or 31.01.24."""
    if len({(len(match[4]), bool(match[5]), bool(match[6]), len(match[7] or "")) for match in found}) > 1:
        return ""  # hours stand beside some of them
    mark, short = found[0][2], len(found[0][4]) == 2
    half = (found[0][7] or "")[:-2] + "%p" if found[0][7] else ""
    hours = f" {'%I' if half else '%H'}:%M{':%S' if found[0][6] else ''}{half}" if found[0][5] else ""
    first, second = ways = _ways(mark, f"{'%y' if short else '%Y'}{hours}")
    if mark == "." or any(int(match[1]) > 12 for match in found):
        chosen: Form = first
    else:
        chosen = second if any(int(match[3]) > 12 for match in found) else ways
    return chosen if not short or (isinstance(chosen, str) and _fits(chosen, texts)) else ""


def _ways(mark: str, rest: str) -> tuple[str, str]:
    return f"%d{mark}%m{mark}{rest}", f"%m{mark}%d{mark}{rest}"


_MONTHS = (
    "jan|feb|fév|mar|mär|maa|mrt|apr|avr|abr|may|mai|maj|mei|mag|jun|juin|giu|jul|juil|lug|aug|aoû|ago|sep|set|oct|okt|ott|out|"
    "nov|dec|dez|déc|dic|янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек"
)
_LIKE = re.compile(
    rf"([^\W\d]{{2,10}},? )?(\d{{1,2}}(st|nd|rd|th|\.|º)?[ /-]?(of |de )?(?:{_MONTHS})\w*\.?(,| de)?[ /-]?\d{{2,4}}|"
    rf"(?:{_MONTHS})\w*\.?[ -]\d{{1,2}}(st|nd|rd|th)?,? \d{{4}}|(?:{_MONTHS})\w*\.?[ -]\d{{4}}|"
    r"\d{4}-?W\d{1,2}|\d{4}[ -]?Q[1-4]|Q[1-4][ /-]\d{4}|\d{4}年\d{1,2}月(\d{1,2}日)?)([ ,T].*)?",
    re.IGNORECASE,
)
"""What a person sees to be a date, in whatever language, and no one format reads."""

_PERIOD = re.compile(
    r"([HST][1-4]|[1-4][HST])[ /-]?('\d{2}|\d{4})|\d{4}[ /-]?([HST][1-4]|[1-4][HST])|FY[ -]?'?\d{2,4}([/-]\d{2,4})?|"
    r"(CW|KW|Wk|Week|Woche|Semaine)\.? ?\d{1,2}[ ,/-]+(of )?\d{2,4}|\d{4}[ /-]?(CW|KW|Wk|Week) ?\d{1,2}",
    re.IGNORECASE | re.ASCII,
)
"""Halves, thirds and weeks of years, and years that begin in another month: pandas reads hardly one."""


def any_form(texts: Sequence[str]) -> bool:
    """Tell whether pandas finds a date in each of the texts, whatever way it is written in."""
    return all(like_one(text) or _LIKE.fullmatch(text) for text in texts) and _fits("mixed", texts)


def may_be_dates(texts: Sequence[str]) -> str:
    """Return what texts that no one format was seen for may be written as, "" where they are no dates."""
    short = _PARTS.fullmatch(texts[0])
    if short and not short[5] and all(_PARTS.fullmatch(text) for text in texts):
        ways = [f'"{form}"' for form in _ways(short[2], "%y") if _fits(form, texts)]
        return " or ".join(ways)
    once = '"%Y-%m-%d", once they are written so,'
    if form := next((form for form in _RARE if _fits(form, texts[:1]) and _fits(form, texts)), ""):
        return f'"{form}"'
    if _PERIOD.fullmatch(texts[0]):
        return once if all(_PERIOD.fullmatch(text) for text in texts) else ""
    if not like_one(texts[0]) and not _LIKE.fullmatch(texts[0]):
        return once if all(_BEGINS.match(text) for text in texts) else ""
    if any_form(texts):
        return '"date"'
    return once if all(_BEGINS.match(text) or _LIKE.fullmatch(text) for text in texts) else ""
