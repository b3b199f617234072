"""tunetop: htop for hyperparameter search."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine.recorders.watch import Watch

__version__ = "0.1.0"

__all__ = ["Watch", "__version__"]


def __getattr__(name: str) -> Any:
    """Import `Watch` when it is asked for: neither it nor what it watches is needed before."""
    if name == "Watch":
        from .engine.recorders.watch import Watch

        return Watch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
