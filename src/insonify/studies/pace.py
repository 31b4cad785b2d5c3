"""How long a step of a recipe takes on this machine, measured by making some."""

import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from insonify.store import Store
from insonify.train.options import PretrainOptions
from insonify.train.pretrain import pretrain
from insonify.train.watch import Progress

_WARM: Final = 3
_TIMED: Final = 7


def step_seconds(store: Store, options: PretrainOptions) -> float:
    """Median wall-clock seconds of a step, reading included; the first few not counted.

    Nothing that is trained here is kept.
    """
    steps = _WARM + _TIMED
    short = replace(options, steps=steps, probe_every=steps, checkpoint_every=steps)
    seen: list[float] = []

    def note(progress: Progress) -> None:
        seen.append(progress.step.seconds)

    with tempfile.TemporaryDirectory() as folder:
        pretrain(store, Path(folder) / "timing", short, note)
    return statistics.median(seen[_WARM:])
