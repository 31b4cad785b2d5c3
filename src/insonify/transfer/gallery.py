"""Gallery: frames of held-out subjects, arranged by an encoder, with their pictures.

Legend: N frames, D features, 2 right and up.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from insonify.clips.loader import FrameReader
from insonify.core.errors import CheckpointError
from insonify.core.gallery import Gallery
from insonify.store import Store
from insonify.store.splits import check_leak
from insonify.transfer.arms import RANDOM, Arm, Trial
from insonify.transfer.examples import Floats
from insonify.transfer.features import FeatureCache
from insonify.transfer.gallery_frames import Shown, choose_shown
from insonify.transfer.gallery_map import METHOD, map_frames, perplexity_for
from insonify.transfer.gallery_neighbours import Neighbours, agreement, find_neighbours
from insonify.transfer.gallery_options import GalleryOptions
from insonify.transfer.gallery_rows import gallery_rows
from insonify.transfer.knn import unit
from insonify.transfer.plan import facts
from insonify.transfer.progress import Step, Tally
from insonify.transfer.standardise import Standardiser

__all__ = ["GalleryOptions", "run_gallery"]


def run_gallery(
    store: Store,
    arm: Arm,
    options: GalleryOptions,
    on_progress: Callable[[Step], None],
) -> Gallery:
    """Arrange frames of a fold's held-out subjects, and find what is alike.

    Args:
        store: Where frames, labels and the split are.
        arm: A name and the one checkpoint that stands behind it.
        options: What is shown, and how.
        on_progress: Called after every encoded batch, and before the map is made.

    Raises:
        StoreError: there is no such split or task.
        ConfigError: nobody is held out or trains, or there are too few frames.
        LeakError: the checkpoint has seen a subject that is held out.
        CheckpointError: the encoder gives all frames the same features.
    """
    trial = _trial(store, arm, options)
    shown = choose_shown(store, options)
    frames = shown.frames
    perplexity = perplexity_for(len(frames.positions_N), options.perplexity)
    tally = Tally(on_progress)
    unit_ND = _features(store, trial, shown, options.batch, tally)
    tally.add(0, "arranging the frames")
    neighbours = find_neighbours(unit_ND, frames, options.neighbours)
    places_N2 = map_frames(unit_ND, perplexity, options.seed)
    found = {"encoder": _card(arm, trial), "perplexity": perplexity}
    return Gallery(
        task=options.task or "",
        classes=frames.classes if options.task else (),
        store=store.id,
        arm=trial.arm,
        facts=facts(store, options) | found | _found(shown, neighbours, options),
        size=options.thumbnail,
        rows=gallery_rows(store, frames, places_N2, neighbours, options.thumbnail),
    )


def _found(
    shown: Shown, neighbours: Neighbours, options: GalleryOptions
) -> dict[str, Any]:
    """What is recorded of the frames, of the map and of the neighbours."""
    right = agreement(shown.frames, neighbours, options.seed)
    return {
        "split": options.split,
        "fold": options.fold,
        "role": options.role,
        "seed": options.seed,
        "method": METHOD,
        "available": shown.available,
        "taken": len(neighbours.rows),
        "agreement": right if options.task else None,
    }


def _trial(store: Store, arm: Arm, options: GalleryOptions) -> Trial:
    """The encoder that arranges the frames; it must not have learnt from them."""
    (checkpoint,) = arm.checkpoints
    roles = store.split(options.split).roles(options.fold)
    check_leak(checkpoint.provenance["subjects"], roles.test | roles.validation)
    return Trial(
        arm=RANDOM if options.untrained else arm.name,
        fold=options.fold,
        seed=options.seed,
        checkpoint=checkpoint,
        untrained=options.untrained,
    )


def _card(arm: Arm, trial: Trial) -> dict[str, Any]:
    """What is recorded of the encoder; of an untrained one, what it is a twin of."""
    (card,) = arm.provenance(RANDOM)["checkpoints"]
    if trial.untrained:
        card = {name: card[name] for name in ("architecture", "size")}
    return {"untrained": trial.untrained, **card}


def _features(
    store: Store, trial: Trial, shown: Shown, batch: int, tally: Tally
) -> Floats:
    """Features of the shown frames as k-NN compares them: (N, D), of length 1."""
    positions = np.concatenate([shown.frames.positions_N, shown.training_N])
    cache = FeatureCache(
        lambda size, places: FrameReader(store, size).read(positions[places]),
        len(positions),
        batch,
        trials=[trial],
        tally=tally,
    )
    features = cache.of(trial).numpy()
    count = len(shown.frames.positions_N)
    scale = Standardiser(features[count:])
    unit_ND = unit(scale(features[:count]))
    if np.ptp(unit_ND, axis=0).max() < 1e-6:
        raise CheckpointError(
            f"{trial.arm}: all {count} frames have the same features, there is nothing "
            "to arrange; the encoder has collapsed, pretrain it again"
        )
    return unit_ND
