"""Arguments that a point's labels stand for, as the estimator takes them, from what the journal says of each axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..events import Axis, Value


def arguments_of(axes: Sequence[Axis], point: Mapping[str, Value]) -> dict[str, Any]:
    """Return the estimator's arguments for a point as the preset writes them; what a label sets goes before plain ones.

    Where nothing is said of a label, as in a watched search, it stands for itself.
    """
    plain, bundled = dict(point), {}
    for axis in axes:
        stands_for = axis.stands_for.get(str(point.get(axis.name)))
        if axis.name in point and stands_for is not None:
            del plain[axis.name]
            (plain if list(stands_for) == [axis.name] else bundled).update(stands_for)
    return plain | bundled
