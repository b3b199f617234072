"""Predictions as short text: class codes or numbers, packed for one journal line and unpacked with suspicion.

A packed array reads `<type><r or z><length>:<base64>`: the type is u1, u2 or i4 for class codes, f4 or f8 for numbers,
all little-endian; `z` says that the bytes were deflated. Packing loses nothing: the narrowest type that holds every
value exactly is taken. Nothing is ever unpickled.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

MAX_VALUES = 20_000_000
"""More values than this are neither packed nor unpacked."""

_TYPES = ("u1", "u2", "i4", "f4", "f8")
_HEADER = re.compile(r"(u1|u2|i4|f4|f8)([rz])(0|[1-9][0-9]{0,8}):")


def pack(values: ArrayLike) -> str:
    """Return one-dimensional class codes or numbers as text.

    Raises ValueError for values that are not finite numbers, not one-dimensional, or too many.
    """
    import numpy as np

    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "buif":
        raise ValueError(f"cannot pack an array of shape {array.shape} and type {array.dtype}")
    if array.size > MAX_VALUES:
        raise ValueError(f"cannot pack {array.size} values, at most {MAX_VALUES}")
    wide = array.astype("<f8")
    if not np.isfinite(wide).all():
        raise ValueError("cannot pack values that are not finite")
    with np.errstate(all="ignore"):
        kind = next(kind for kind in _TYPES if np.array_equal(wide.astype(f"<{kind}").astype("<f8"), wide))
    raw = wide.astype(f"<{kind}").tobytes()
    deflated = zlib.compress(raw, 6)
    way, body = ("z", deflated) if len(deflated) < 0.95 * len(raw) else ("r", raw)
    return f"{kind}{way}{array.size}:{base64.b64encode(body).decode('ascii')}"


def unpack(text: str) -> np.ndarray:
    """Return packed values, shape (n,): int64 for class codes, float64 for numbers.

    Never makes more bytes than the announced length needs. Raises ValueError for anything that `pack` cannot have made.
    """
    import numpy as np

    header = _HEADER.match(text)
    if header is None:
        raise ValueError("not packed predictions")
    kind, way, length = header[1], header[2], int(header[3])
    size = length * int(kind[1])
    if length > MAX_VALUES or len(text) - header.end() > size * 4 // 3 + 64:
        raise ValueError("packed predictions are too long")
    try:
        body = base64.b64decode(text[header.end() :].encode("ascii"), validate=True)
        if way == "z":
            # one byte more than announced tells a longer stream from an exact one without inflating all of it
            inflate = zlib.decompressobj()
            body = inflate.decompress(body, size + 1)
            if not inflate.eof or inflate.unused_data:
                raise zlib.error("the deflated stream does not end where it should")
    except (binascii.Error, UnicodeEncodeError, zlib.error) as error:
        raise ValueError(f"packed predictions are damaged: {error}") from None
    if len(body) != size:
        raise ValueError(f"packed predictions hold {len(body)} bytes where {length} values need {size}")
    values = np.frombuffer(body, dtype=f"<{kind}")
    if kind[0] != "f":
        return values.astype(np.int64)
    wide = values.astype(np.float64)
    if not np.isfinite(wide).all():
        raise ValueError("packed predictions hold values that are not finite")
    return wide
