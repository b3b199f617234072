"""Curves: what trials of a watched search reported on their way, a line a trial, the best one on top."""

from __future__ import annotations

import math

import numpy as np

from ...state import TrialState
from ...trials.scales import LARGEST, Floats, drawable, score_range
from .scene import Host, Scene, Text, best_words, padded, say

MOST_CURVES = 200
"""Curves that are drawn at most, the best ones among them."""

MOST_POINTS = 300


def draw(host: Host, scene: Scene) -> Text:
    """Draw the reported values over their steps, better trials above the others."""
    every = [(trial, points) for trial in scene.state.trials if len(points := _points(scene, trial))]
    if not every:
        return say(host, scene, "No trial has reported values on its way.")
    sign = scene.state.sign
    every.sort(key=lambda one: sign * one[1][-1, 1])
    drawn = every
    if len(every) > MOST_CURVES:
        top = MOST_CURVES // 3
        others = every[:-top]
        drawn = [*others[:: math.ceil(len(others) / (MOST_CURVES - top))], *every[-top:]]
    axes = host.subplots()
    last = sign * np.array([points[-1, 1] for _, points in drawn])
    for (trial, points), colour in zip(drawn, scene.ramp(last), strict=True):
        axes.plot(points[:, 0], points[:, 1], color=colour, linewidth=0.9, alpha=0.85)
        if trial.phase == "raced":
            axes.plot(*points[-1], "|", color=colour, markersize=7)
    values = np.concatenate([points[:, 1] for _, points in drawn])
    if (known := score_range(sign * values, sign)) is not None:
        axes.set_ylim(*padded(known.own.low, known.own.high))
    axes.set_xlabel("step")
    axes.set_ylabel(scene.score)
    axes.grid(True, axis="y")
    some = f"{len(drawn):,} of {len(every):,}" if len(drawn) < len(every) else f"{len(every):,}"
    return f"{scene.score} by step, {some} trials; a tick ends those that were stopped early; {best_words(scene)}."


def _points(scene: Scene, trial: TrialState) -> Floats:
    """Return a trial's steps and values with the sign of its own tool, shape (n, 2)."""
    steps = trial.steps or []
    if len(steps) > MOST_POINTS:
        steps = [*steps[:: math.ceil(len(steps) / MOST_POINTS)], steps[-1]]
    known = [(float(at), scene.own(value)) for at, value in steps if drawable(value) and abs(at) <= LARGEST]
    return np.array(sorted(known), dtype=np.float64).reshape(-1, 2)
