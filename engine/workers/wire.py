"""Answers as bytes, on their way from another host: MessagePack, checked when it is read, so that nothing in it is run.

What goes the other way is pickled: the far worker trusts the run, which may have it fit whatever it wants.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from .base import Answer, Lost, Unready
from .task import FoldResult, RefitResult

_KINDS = "buif"
"""Kinds of arrays that an answer may hold: flags and numbers."""


class _Letter(msgspec.Struct, frozen=True, array_like=True):
    """An answer, in the field of its kind."""

    folds: list[FoldResult] | None = None
    refit: RefitResult | None = None
    lost: Lost | None = None
    unready: Unready | None = None


def _packed(thing: Any) -> Any:
    if isinstance(thing, np.ndarray):
        return [thing.dtype.str, list(thing.shape), np.ascontiguousarray(thing).tobytes()]
    if isinstance(thing, np.generic):
        return thing.item()
    raise NotImplementedError(f"an answer holds a {type(thing).__name__}")


def _unpacked(kind: type, value: Any) -> Any:
    if kind is not np.ndarray:
        raise NotImplementedError
    dtype, shape, content = value
    if np.dtype(dtype).kind not in _KINDS:
        raise ValueError(f"an array of {dtype}")
    return np.frombuffer(bytearray(content), dtype).reshape(shape)


_encoder = msgspec.msgpack.Encoder(enc_hook=_packed)
_decoder = msgspec.msgpack.Decoder(_Letter, dec_hook=_unpacked)


def encode(answer: Answer) -> bytes:
    """Return an answer as bytes."""
    match answer:
        case Lost():
            return _encoder.encode(_Letter(lost=answer))
        case Unready():
            return _encoder.encode(_Letter(unready=answer))
        case RefitResult():
            return _encoder.encode(_Letter(refit=answer))
    return _encoder.encode(_Letter(folds=answer))


def decode(letter: bytes) -> Answer:
    """Return the answer that `encode` made bytes of; whatever is none is `Lost`, with the reason."""
    try:
        read = _decoder.decode(letter)
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        return Lost(f"its answer could not be read: {type(error).__name__}")
    found = [part for part in (read.folds, read.refit, read.lost, read.unready) if part is not None]
    return found[0] if len(found) == 1 else Lost("its answer could not be read: nothing is in it")
