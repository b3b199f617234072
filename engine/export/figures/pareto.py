"""The Pareto front: trials over two objectives, those that no other beats in both joined by a line."""

from __future__ import annotations

import numpy as np

from ...trials.front import objectives_of, points_of, sign_of
from .scene import Host, Scene, Text, name, padded, say


def draw(host: Host, scene: Scene) -> Text:
    """Draw the first two objectives with their own signs."""
    objectives = objectives_of(scene.state)
    if len(objectives) < 2:
        return say(host, scene, "There is one objective; a Pareto front takes two.")
    points = points_of(scene.state, 0, 1)
    if not points.feasible.any():
        return say(host, scene, scene.nothing() or "No trial has a value of both objectives.")
    pair = objectives[:2]
    own = points.better * np.array([sign_of(one) for one in pair])
    front = points.front()
    axes = host.subplots()
    others = np.setdiff1d(np.flatnonzero(points.feasible), front)
    out = ~points.feasible
    axes.scatter(own[others, 0], own[others, 1], s=14, color=scene.palette.dim, alpha=0.6, linewidths=0)
    axes.scatter(own[out, 0], own[out, 1], s=16, marker="x", color=scene.palette.bad, linewidths=1)
    # what the front dominates lies below its steps
    axes.plot(own[front, 0], own[front, 1], color=scene.palette.accent, linewidth=1.2, drawstyle="steps-post")
    axes.scatter(own[front, 0], own[front, 1], s=34, color=scene.palette.accent, zorder=5)
    axes.set_xlim(*padded(float(own[:, 0].min()), float(own[:, 0].max())))
    axes.set_ylim(*padded(float(own[:, 1].min()), float(own[:, 1].max())))
    for which, one in zip("xy", pair, strict=True):
        better = "less" if one.direction == "minimize" else "more"
        getattr(axes, f"set_{which}label")(f"{name(one.name)} ({better} is better)")
    axes.grid(True)
    broken = f"; {int(out.sum())} break a constraint (✗)" if out.any() else ""
    told = f"{len(front)} of {len(own):,} trials that no other beats in both"
    return f"{told} {name(pair[0].name)} and {name(pair[1].name)}{broken}."
