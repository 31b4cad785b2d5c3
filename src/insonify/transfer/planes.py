"""Standard planes: frozen encoders, classified frames, a predictions file.

Legend: N labelled frames, D features, C classes.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from insonify.core.config import to_plain
from insonify.core.errors import ConfigError
from insonify.core.predictions import SCHEMA, Predictions
from insonify.store import Roles, Store
from insonify.transfer.arms import (
    Arm,
    Trial,
    baseline_of,
    plan_trials,
    random_names,
)
from insonify.transfer.examples import Examples, Floats, Integers, draw_fraction
from insonify.transfer.features import FeatureCache, Step
from insonify.transfer.frames import LabelledFrames, choose_frames
from insonify.transfer.knn import KNN
from insonify.transfer.linear import LinearProbe
from insonify.transfer.protocol import TransferProtocol


@dataclass(frozen=True, kw_only=True)
class PlanesOptions:
    """Everything that predictions depend on besides store and checkpoints."""

    task: str
    """Labels to predict, such as ``plane``; `insonify doctor` lists a store's tasks."""
    split: str
    """Split that says who trains and who is tested; made by `insonify split`."""
    protocols: tuple[Literal["knn", "linear"], ...] = ("knn", "linear")
    """How features become classes: nearest neighbours, linear probe."""
    knn: KNN = field(default_factory=KNN)
    """Options of the nearest neighbours."""
    linear: LinearProbe = field(default_factory=LinearProbe)
    """Options of the linear probe."""
    fractions: tuple[float, ...] = (1.0,)
    """Shares of the labelled training and validation subjects to learn from."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of the drawn subjects and of untrained weights."""
    frames_per_video: int = 32
    """Labelled frames of a video, evenly spaced, so that long videos do not dominate;
    0 takes all."""
    batch: int = 64
    """Frames encoded at a time; changes speed and memory only."""

    def __post_init__(self) -> None:
        for name in ("protocols", "fractions", "seeds"):
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise ConfigError(f"{name} needs values, each once; found {values}")
        if not all(0 < fraction <= 1 for fraction in self.fractions):
            raise ConfigError(f"fractions lie in (0, 1]; found {self.fractions}")
        if self.frames_per_video < 0 or self.batch < 1:
            raise ConfigError(
                "frames_per_video must be at least 0 and batch at least 1"
            )


def run_planes(
    store: Store,
    arms: Sequence[Arm],
    options: PlanesOptions,
    on_progress: Callable[[Step], None],
) -> Predictions:
    """Test frozen encoders, and their untrained twins, on every fold they may see.

    Args:
        store: Where frames, labels and the split are.
        arms: What is compared.
        options: How.
        on_progress: Called after every encoded batch and before every fit.

    Raises:
        ConfigError: arms and seeds do not go together, or a fold lacks labels.
        LeakError: a checkpoint has seen a subject that it would be tested on.
        StoreError: there is no such task or split.
    """
    frames = choose_frames(store, options.task, options.frames_per_video)
    split = store.split(options.split)
    names = random_names(arms)
    provenance = {arm.name: arm.provenance(baseline_of(arm, names)) for arm in arms}
    trials = plan_trials(arms, store.id, split, options.seeds)
    for fold in {trial.fold for trial in trials}:
        _require_labels(frames, split.roles(fold), fold, options)
    features = FeatureCache(
        store, frames.positions_N, options.batch, trials, on_progress
    )
    tables = []
    for trial in trials:
        features_ND = features.of(trial)
        roles = split.roles(trial.fold)
        tables += list(_predict(trial, frames, features_ND, roles, options))
    for (architecture, size), name in names.items():
        card = {"architecture": architecture, "size": list(size)}
        provenance[name] = {"baseline": None, **card}
    return Predictions(
        task=options.task,
        classes=frames.classes,
        store=store.id,
        arms=provenance,
        facts={
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "insonify": version("insonify"),
            "store_versions": store.versions,
            "options": to_plain(options),
        },
        rows=pa.concat_tables(tables),
    )


def _predict(
    trial: Trial,
    frames: LabelledFrames,
    features_ND: Floats,
    roles: Roles,
    options: PlanesOptions,
) -> Iterator[pa.Table]:
    """Rows of one trial, for each protocol and fraction."""
    everything = Examples(
        features_ND=features_ND, labels_N=frames.labels_N, subjects_N=frames.subjects_N
    )
    tested_N = np.flatnonzero(np.isin(frames.subjects_N, sorted(roles.test)))
    known: dict[str, TransferProtocol] = {"knn": options.knn, "linear": options.linear}
    for fraction in options.fractions:
        train, validation = (
            draw_fraction(everything.of(subjects), fraction, trial.seed)
            for subjects in (roles.train, roles.validation)
        )
        for name in options.protocols:
            predict = known[name].fit(
                train, validation, len(frames.classes), trial.seed
            )
            columns = {
                "arm": trial.arm,
                "protocol": name,
                "split": options.split,
                "fold": trial.fold,
                "seed": trial.seed,
                "fraction": fraction,
            }
            yield _rows(columns, frames, tested_N, predict(features_ND[tested_N]))


def _rows(
    same: dict[str, Any],
    frames: LabelledFrames,
    tested_N: Integers,
    probabilities_BC: Floats,
) -> pa.Table:
    """The rows of the tested frames; ``same`` are the columns that all share."""
    columns = {name: [value] * len(tested_N) for name, value in same.items()}
    columns |= {
        "subject": frames.subjects_N[tested_N].tolist(),
        "video": frames.videos_N[tested_N].tolist(),
        "time_s": frames.times_s_N[tested_N].tolist(),
        "truth": [frames.classes[label] for label in frames.labels_N[tested_N]],
        "probabilities": list(probabilities_BC),
    }
    return pa.table(columns, schema=SCHEMA)


def _require_labels(
    frames: LabelledFrames, roles: Roles, fold: int, options: PlanesOptions
) -> None:
    for role, subjects in (("train", roles.train), ("test", roles.test)):
        if not np.isin(frames.subjects_N, sorted(subjects)).any():
            raise ConfigError(
                f"split {options.split!r}, fold {fold}: no {role} subject has labels "
                f"of task {options.task!r}; make a split with `insonify split --task "
                f"{options.task}`"
            )
