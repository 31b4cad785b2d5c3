"""How well could frames be ordered by whoever knew where the probe was?

python benchmarks/order_ceiling.py [--subjects 48] [--interval 0.267]

Takes clips of four frames from the probe's poses in synthetic sweeps, as `insonify
phantom` draws them, and orders each by the shortest path over the true distances: how
far the view at the fetus's depth moves. Where hands rest, tremble and turn back, the
shortest path is not the order, and no image can say otherwise but by what moves in it.
"""

import argparse
from collections.abc import Iterator

import numpy as np
import torch
from table import show

from insonify.phantom.look import draw_look
from insonify.phantom.motion import Path, view_distance
from insonify.phantom.options import PhantomOptions
from insonify.phantom.subject import draw_subject
from insonify.phantom.sweep import PROGRAMMES, plan_sweep
from insonify.pretext.heads import path_lengths, paths

_FRAMES = 4
_THIRDS = {
    "all": (0, 1),
    "stillest third": (0, 1 / 3),
    "middle third": (1 / 3, 2 / 3),
    "fastest third": (2 / 3, 1),
}


def distances(path: Path, frames: list[int]) -> list[list[float]]:
    """Millimetres between the poses of every two frames."""
    poses = [path.pose(frame) for frame in frames]
    return [[view_distance(one, other) for other in poses] for one in poses]


def sweeps(options: PhantomOptions) -> Iterator[Path]:
    """The probe's way over every subject."""
    for number in range(options.subjects):
        subject = draw_subject(options.seed, number)
        look = draw_look(options.seed, number, options.size)
        for sweep in range(len(PROGRAMMES)):
            for approach in plan_sweep(subject, look, options, sweep):
                yield approach.path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=48)
    parser.add_argument("--interval", type=float, default=8 / 30)
    asked = parser.parse_args()
    options = PhantomOptions(subjects=asked.subjects, seconds=6, fps=15)
    step = round(asked.interval * options.fps)
    apart_CTT = torch.tensor(
        [
            distances(path, [start + place * step for place in range(_FRAMES)])
            for path in sweeps(options)
            for start in range(len(path) - (_FRAMES - 1) * step)
        ]
    )
    # The first of all paths is the frames in their order.
    right_C = (path_lengths(apart_CTT, paths(_FRAMES)).argmin(1) == 0).numpy()
    moved_C = apart_CTT.diagonal(1, 1, 2).sum(1).numpy()
    rows: list[dict[str, object]] = []
    for name, shares in _THIRDS.items():
        least, most = np.quantile(moved_C, shares)
        kept_C = (moved_C >= least) & (moved_C <= most)
        rows.append(
            {
                "clips": name,
                "count": int(kept_C.sum()),
                "mm along the clip (median)": float(np.median(moved_C[kept_C])),
                "right": float(right_C[kept_C].mean()),
            }
        )
    show("order_ceiling", rows)


if __name__ == "__main__":
    main()
