"""Addresses of databases as people type them (URLs), and their credentials, which are kept out of all that is shown."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

from ..text import clean

_URL = re.compile(r"([A-Za-z][\w+.-]*)://(.*)", re.DOTALL)
_USER = re.compile(r"[^:/?#@]*(?::(.*))?@", re.DOTALL)
_SECRET = re.compile(r"((?:^|[?&;])[^=&;]*(?:pass|pwd|secret|token|key)[^=&;]*=)([^&;]*)", re.IGNORECASE)
_WITHIN = re.compile(r"(:/{1,3})[^/\s:@]*:\S*@")
_STARS = "***"

OTHERWISE = "watch its program instead: tunetop watch -- python PROGRAM, or callbacks=[tunetop.Watch()] in it"
"""What can be done about a study that cannot be read from outside."""


def without_credentials(text: str) -> str:
    """Return any text with the user and the password left out of each address in it."""
    return _SECRET.sub(rf"\1{_STARS}", _WITHIN.sub(r"\1", text))


class Address:
    """An address: `url` is what is connected to, `shown` what may be read by anybody, `secrets` what must not be."""

    def __init__(self, url: str) -> None:
        self.url = url
        found = _URL.fullmatch(url)
        self.scheme = found[1].split("+", 1)[0].lower() if found else ""
        """Which kind of database it is, without the driver; empty: it is no address."""
        rest = found[2] if found else ""
        user = _USER.match(rest)
        place = rest[user.end() :] if user else rest
        given = [user[1]] if user and user[1] else []
        given += [value for _, value in _SECRET.findall(place) if value]
        # with an @ in it a password is cut at other places by whoever reads the address
        parts = {part for one in given for part in (one, *one.split("@")) if part}
        self.secrets = sorted(parts | {unquote(one) for one in parts} | {unquote_plus(one) for one in parts}, key=len)
        place = _SECRET.sub(rf"\1{_STARS}", place)
        self.shown = clean(f"{found[1]}://{place}" if found else url, 200)

    def said(self, error: object, most: int = 300) -> str:
        """Return what an error, or the one that it comes from, says in `most` characters, without a password."""
        while isinstance(error, BaseException) and error.__cause__ is not None:
            error = error.__cause__
        text = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error)
        for secret in reversed(self.secrets):
            # a short one would be found within other words
            pattern = re.escape(secret) if len(secret) > 2 else rf"(?<!\w){re.escape(secret)}(?!\w)"
            text = re.sub(pattern, _STARS, text)
        return clean(text, most)
