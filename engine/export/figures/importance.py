"""The importance figure: each hyperparameter's share, by PED-ANOVA."""

from __future__ import annotations

import numpy as np

from ...trials.importance import LEAST, importances, top_count
from .scene import Host, Scene, Text, name, say

MOST = 20


def draw(host: Host, scene: Scene) -> Text:
    """Draw one bar a hyperparameter, the most important first."""
    if not scene.hyperparameters or scene.nothing():
        return say(host, scene, scene.nothing() or "This run has no hyperparameters to weigh.")
    done = int((scene.mask & np.isfinite(scene.cols.mean)).sum())
    if done < LEAST:
        return say(host, scene, f"{done} finished so far: importance takes at least {LEAST} trials.")
    shares = importances(scene.cols, scene.mask)
    if not shares:
        return say(host, scene, f"All {done:,} trials have the same score: no hyperparameter matters.")
    ranked = sorted(shares.items(), key=lambda item: -item[1])[:MOST]
    axes = host.subplots()
    for row, (_, share) in enumerate(ranked):
        axes.barh(row, share, height=0.55, color=scene.palette.accent if row == 0 and share > 0 else scene.palette.dim)
        axes.annotate(f"{share:.0%}", (share, row), xytext=(4, 0), textcoords="offset points", va="center", size=8.5)
    axes.set_xlim(0, max(max(share for _, share in ranked), 0.01) * 1.1)
    axes.set_ylim(max(len(ranked), 3) - 0.4, -0.6)
    axes.set_yticks(range(len(ranked)), [name(axis) for axis, _ in ranked])
    axes.tick_params(axis="y", length=0, labelcolor=scene.palette.text)
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.grid(True, axis="x")
    axes.spines["left"].set_visible(False)
    rough = ", a rough guess" if done < 50 else ""
    told = ", ".join(f"{name(axis)} {share:.0%}" for axis, share in ranked[:6])
    against = f"the best {top_count(done):,} of {done:,} trials against all{rough}"
    return f"Importance by PED-ANOVA (Watanabe, Bansal & Hutter, IJCAI 2023), {against}: {told}."
