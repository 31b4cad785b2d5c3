"""A finished pretraining run with its heads, as it is audited."""

from dataclasses import dataclass
from pathlib import Path

import torch

from insonify.audit.questions import questions_of
from insonify.core.config import from_plain
from insonify.core.errors import CheckpointError, ConfigError
from insonify.model.checkpoint import WEIGHTS, read_tensors
from insonify.model.encoder import Encoder
from insonify.model.joint import JointModel
from insonify.store import Store
from insonify.train.building import new_model
from insonify.train.options import PretrainOptions
from insonify.train.run_folder import RunFolder
from insonify.train.saving import STACKED


@dataclass(frozen=True, kw_only=True)
class Audited:
    """Network and options of a run."""

    model: JointModel
    """In evaluation mode."""
    options: PretrainOptions
    device: torch.device
    """Where the network is."""


def load_run(path: Path, store: Store) -> Audited:
    """Load what a finished run has learnt, heads included.

    Raises:
        CheckpointError: there is no finished run, or its weights do not fit.
        ConfigError: it learnt from another store, from all subjects, or from a task
            that has no right answers.
    """
    run = RunFolder(path)
    known, weights = run.record(), run.checkpoint / WEIGHTS
    options = from_plain(PretrainOptions, known["options"], f"{path}: options")
    if known["store"] != store.id:
        raise ConfigError(
            f"{path}: learnt from another store ({known['store']}) than {store.id}; "
            "whom it has seen is known of its own store only"
        )
    if options.split is None:
        raise ConfigError(
            f"{path}: learnt from every subject, so nobody is left to audit it on; "
            "pretrain with --split"
        )
    for task in options.tasks.values():
        questions_of(task, options.batch)  # Refuses before weights are read.
    model = new_model(Encoder(options.encoder, channels=options.channels), options)
    model.teachers.clear()  # None is kept: views are held against the encoder's own.
    tensors = read_tensors(weights)
    for name in [name for name in tensors if name.startswith(STACKED)]:
        tensors[f"encoder.{name.removeprefix(STACKED)}"] = tensors.pop(name)
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(f"{weights}: does not fit its run ({error})") from None
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Audited(model=model.to(device).eval(), options=options, device=device)
