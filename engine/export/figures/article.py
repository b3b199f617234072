"""The article's picture: six panels of one run over two hyperparameters."""

from __future__ import annotations

from . import bars, heatmap, scatter, space, trajectory
from .scene import Host, Scene, Text, name, shown

PANELS = (
    ("Grid search", heatmap.draw),
    ("Sampled points", scatter.draw),
    ("Best so far", trajectory.draw),
    ("Score surface", space.draw_surface),
    ("Score space", space.draw_scatter),
    ("Against the baseline", bars.draw),
)


def draw(host: Host, scene: Scene) -> Text:
    """Draw the six panels: map, scatter, path, surface, points in space, and methods against the baseline."""
    title = scene.state.info.title if scene.state.info else "A run"
    host.suptitle(shown(title, 100), x=0.01, ha="left", size=15, weight="bold")
    panels = host.subfigures(2, 3, wspace=0.02, hspace=0.03).flat
    for place, (panel, (heading, draw_panel)) in enumerate(zip(panels, PANELS, strict=True)):
        if heading == "Grid search" and not any(one.plan.kind == "grid" for one in scene.state.methods.values()):
            heading = "Scores by region"
        panel.suptitle(f"{'abcdef'[place]}  {heading}", x=0.02, ha="left", size=11)
        draw_panel(panel, scene)
    x, y = scene.hyperparameters[:2]
    over = f"{name(x.name)} and {name(y.name)}"
    return f"{shown(title, 100)} over {over}: map, scatter, path, surface, space, bars."
