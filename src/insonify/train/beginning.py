"""What a run begins with: whether it can, and its fresh encoder."""

from insonify.core.errors import ConfigError
from insonify.model.encoder import Encoder
from insonify.model.residual import begin_blocks
from insonify.store import Roles, Store
from insonify.train.cluster import Cluster
from insonify.train.initial import Initial
from insonify.train.loading import grey_levels, subject_roles
from insonify.train.options import PretrainOptions


def require_ready(
    store: Store, options: PretrainOptions, initial: Initial | None, cluster: Cluster
) -> None:
    """Refuse what cannot be learnt from, before anything is written.

    Raises:
        ConfigError: the devices cannot share the batch, the initial weights do not fit,
            or the encoder has no residual blocks to begin otherwise.
        LeakError: a subject was seen by the initial weights and is kept from this run.
        StoreError: there is no such split, or no such labels.
    """
    cluster.check(options.batch, options.channels)
    roles = subject_roles(store, options)
    if initial is not None:
        initial.check(options, roles)
    if options.block_gain != 1:
        _require_blocks(options, initial)
    if options.embedding is not None and options.embedding.alike is not None:
        store.frame_labels(options.embedding.alike)


def _require_blocks(options: PretrainOptions, initial: Initial | None) -> None:
    if initial is not None:
        raise ConfigError(
            "--block-gain is about fresh weights; leave it or --initial away"
        )
    if not begin_blocks(Encoder(options.encoder).backbone, options.block_gain):
        raise ConfigError(
            f"--block-gain: {options.encoder} has no residual blocks of a ResNet; "
            "leave it away"
        )


def new_encoder(store: Store, roles: Roles, options: PretrainOptions) -> Encoder:
    """Fresh weights, and the normalisation of the training subjects' frames."""
    mean, std = grey_levels(store, roles, options.clips.size)
    encoder = Encoder(
        options.encoder,
        channels=options.channels,
        mean=mean,
        std=std,
        seed=options.seed,
    )
    begin_blocks(encoder.backbone, options.block_gain)
    return encoder
