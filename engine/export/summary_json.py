"""`summary.json`: the whole summary as one document, numbers in full precision."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..state import RunState
from ..verdict.summary import Summary, document


def files(state: RunState, summary: Summary) -> Iterator[tuple[str, str]]:
    """Yield `summary.json`."""
    yield "summary.json", text(document(summary))


def text(document: object) -> str:
    """Return a document as JSON that ends in a line feed; ValueError for NaN and infinities, which JSON has not."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
