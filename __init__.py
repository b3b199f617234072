"""tunetop: htop for hyperparameter search.

From Python: `launch(load_preset("breast_cancer_mlp"), Store())` begins a run, `load_run` reads one from its folder,
`summarise` compares its methods, and `Watch` shows a search that your own program makes.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine.errors import TunetopError
    from .engine.export.formats import export
    from .engine.preset.preset import Preset
    from .engine.preset.preset import load as load_preset
    from .engine.record.run_folder import RunFolder
    from .engine.record.run_folder import load_state as load_run
    from .engine.record.store import Store
    from .engine.recorders.watch import Watch
    from .engine.run.conductor import Run
    from .engine.run.launch import RunOptions, launch, resume
    from .engine.state import RunState
    from .engine.verdict.summary import Summary
    from .engine.verdict.summary import run_summary as summarise

__version__ = "0.1.0"

__all__ = [
    "Preset",
    "Run",
    "RunFolder",
    "RunOptions",
    "RunState",
    "Store",
    "Summary",
    "TunetopError",
    "Watch",
    "__version__",
    "export",
    "launch",
    "load_preset",
    "load_run",
    "resume",
    "summarise",
]

_PLACES = {
    "Preset": "engine.preset.preset:Preset",
    "Run": "engine.run.conductor:Run",
    "RunFolder": "engine.record.run_folder:RunFolder",
    "RunOptions": "engine.run.launch:RunOptions",
    "RunState": "engine.state:RunState",
    "Store": "engine.record.store:Store",
    "Summary": "engine.verdict.summary:Summary",
    "TunetopError": "engine.errors:TunetopError",
    "Watch": "engine.recorders.watch:Watch",
    "export": "engine.export.formats:export",
    "launch": "engine.run.launch:launch",
    "load_preset": "engine.preset.preset:load",
    "load_run": "engine.record.run_folder:load_state",
    "resume": "engine.run.launch:resume",
    "summarise": "engine.verdict.summary:run_summary",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for: none is needed before, and a screen paints first."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    return getattr(import_module(f".{module}", __name__), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
