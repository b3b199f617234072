"""The state of a run: its events, folded (event sourcing). The one source for the screen, the summary and resume."""

from .cluster import ClusterState
from .method import ENDED, MethodPhase, MethodState
from .run import RunPhase, RunState
from .trial import Job, TrialPhase, TrialState, better, mean, spread
from .winner import near, simplest, standard_error

__all__ = [
    "ENDED",
    "ClusterState",
    "Job",
    "MethodPhase",
    "MethodState",
    "RunPhase",
    "RunState",
    "TrialPhase",
    "TrialState",
    "better",
    "mean",
    "near",
    "simplest",
    "spread",
    "standard_error",
]
