"""What the other examples work on: an encoder, and frames of synthetic subjects.

The frames show the head, the heart or the trunk of six drawn fetuses; the encoder is
pretrained on all of them for a few seconds. For results, put a run of yours there.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

import insonify

_REGIONS: Final = {
    "head": "brain_cerebellum brain_transventricular lips profile",
    "heart": "3vt 4ch lvot rvot",
    "trunk": "abdominal kidneys spine_coronal spine_sagittal",
}
"""Standard planes by what they show: few frames make few classes."""


@dataclass(frozen=True)
class Frames:
    """Labelled frames."""

    frames: list[npt.NDArray[np.uint8]]
    """Grey frames, which differ in size."""
    labels: npt.NDArray[np.str_]
    """head, heart or trunk."""
    subjects: npt.NDArray[np.str_]
    """The subject of each frame, a pseudonym."""


def make_store(out: Path) -> insonify.Store:
    """Draw six fetuses and take their recordings into a store."""
    phantom = out / "phantom"
    options = insonify.PhantomOptions(
        subjects=6, sweeps=2, seconds=2, fps=8, formats=("mp4",), gaze=False
    )
    insonify.make_phantom(phantom, options)
    ingest = insonify.IngestOptions(
        subjects=phantom / "subjects.csv",
        label_table=phantom / "labels.csv",
        key=out / "site.key",
        workers=0,
    )
    insonify.build_store(phantom / "videos", out / "store", ingest)
    return insonify.Store.open(out / "store")


def labelled_frames(store: insonify.Store) -> Frames:
    """The frames of the store that show one of the regions."""
    region_of = {
        plane: region for region, planes in _REGIONS.items() for plane in planes.split()
    }
    index, found = store.frames(), store.frame_labels("plane")
    regions: Any = np.array([region_of.get(label, "") for label in found.labels])
    positions = found.positions[regions != ""]
    return Frames(
        frames=list(store.read_frames(positions)),
        labels=regions[regions != ""],
        subjects=np.array(index.subjects)[index.video_N[positions]],
    )


def make_encoder(store: insonify.Store, out: Path) -> Path:
    """Pretrain for a few steps; a checkpoint to load."""
    recipe = insonify.with_size(insonify.RECIPES["demo"](), (56, 72))
    options = replace(recipe, steps=12, batch=8, workers=0)
    return insonify.pretrain(store, out / "run", options)
