"""Whose clips a recipe learns from, and the loaders that read them."""

from dataclasses import replace

import numpy as np
from lightning.fabric import Fabric

from insonify.clips.loader import ClipLoader, FrameReader
from insonify.clips.sampling import find_clips
from insonify.pretext.task import source_size
from insonify.store import Roles, Store
from insonify.store.splits import check_leak
from insonify.train.options import PretrainOptions


def subject_roles(store: Store, options: PretrainOptions) -> Roles:
    """Who is trained on, validated on and tested on.

    Raises:
        LeakError: a subject has two roles.
    """
    if options.split is None:
        everyone = frozenset(store.frames().subjects)
        return Roles(train=everyone, validation=frozenset(), test=frozenset())
    roles = store.split(options.split).roles(options.fold)
    check_leak(roles.train, roles.test | roles.validation)
    return roles


def make_loader(
    store: Store,
    subjects: frozenset[str],
    options: PretrainOptions,
    fabric: Fabric | None = None,
) -> ClipLoader:
    """The loader of the subjects' clips, at the size that all tasks need.

    Raises:
        StoreError: the subjects have no clip.
    """
    margin = max(task.margin for task in options.tasks.values())
    return ClipLoader(
        store=store,
        clips_CT=find_clips(store.frames(), subjects, options.clips),
        options=options.clips,
        source=source_size(options.clips.size, margin),
        batch=options.batch,
        together=options.together,
        seed=options.seed,
        workers=options.workers,
        cache_mb=options.cache_mb,
        rank=fabric.global_rank if fabric else 0,
        world=fabric.world_size if fabric else 1,
    )


def held_out_loader(
    store: Store, roles: Roles, options: PretrainOptions
) -> ClipLoader | None:
    """Clips of validation subjects: largest central windows, not jittered, seed 0.

    None where there are no validation subjects.
    """
    if not roles.validation:
        return None
    still = replace(options.clips, crop=(1.0, 1.0), jitter_px=0.0)
    options = replace(options, clips=still, seed=0, workers=0, cache_mb=0)
    return make_loader(store, roles.validation, options)


def grey_levels(
    store: Store, roles: Roles, size: tuple[int, int]
) -> tuple[float, float]:
    """Mean and standard deviation over training frames, in [0, 1]."""
    positions = store.frames().of_subjects(roles.train)
    spread = positions[np.linspace(0, len(positions) - 1, 256).astype(np.int64)]
    views_BHW = FrameReader(store, size).read(spread).float() / 255
    return views_BHW.mean().item(), views_BHW.std().item()
