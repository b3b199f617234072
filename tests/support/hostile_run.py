"""A run with hostile text wherever a run can have some."""

from __future__ import annotations

from made_run import MadeRun, flipped
from tunetop.engine.events import Axis
from tunetop.engine.state import RunState

TARGETS = [float(row % 2) for row in range(40)]

MARKUP = ("</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "<!--")
MARKUP += (
    "javascript:alert(1)",
    "</style><style>*{display:none}",
    "{{ 7 * 7 }}",
    "]]>",
    "$\\frac{",
    "&lt;b&gt;",
    "\\u003cb>",
)


def hostile(texts: list[str]) -> RunState:
    """Return a run with at least nine texts wherever a run can have some."""
    title, one, other, *methods = (text or " " for text in texts[:6])
    methods = [name for name in dict.fromkeys(methods) if name != "baseline"]
    rest = texts[6:]
    axes = [Axis(name=one, scale="log", low=1e-4, high=1.0)]
    axes.append(Axis(name=other + "2", scale="choice", labels=list(dict.fromkeys(rest))))
    run = MadeRun(
        ("baseline", *methods), axes=axes, title=title, notes=rest, estimator=rest[0], preset=rest[0], host=rest[-1],
        classes=dict.fromkeys(rest, 3), columns=[(text, text) for text in rest],
        versions=dict(zip(rest, rest, strict=True)), test_targets=TARGETS,
    )  # fmt: skip
    run.trial("baseline", 0, [0.8, 0.9, 0.85], {})
    run.finish("baseline", 0, 0.9, flipped(TARGETS, 3, 4, 5, 6))
    for method in methods:
        for place, text in enumerate(rest):
            scores = [] if place % 2 else [0.8 + 0.001 * place] * 3
            warnings = {text: 2} if scores else {}
            point = {one: 0.01, other + "2": text}
            run.trial(method, place, scores, point, warnings=warnings, error="" if scores else text or " ")
        run.finish(method, 0, 0.95, flipped(TARGETS, 3, 4))
    return run.end()
