"""Pretraining: wires store, tasks, encoder and loop together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from lightning.fabric import Fabric
from torch import Tensor

from insonify.clips.loader import ClipLoader
from insonify.core.errors import DivergedError
from insonify.core.heap import keep_freed_memory
from insonify.model.checkpoint import OPTIMIZER, WEIGHTS, read_tensors
from insonify.model.encoder import Encoder
from insonify.store import Store
from insonify.train.beginning import new_encoder, require_ready
from insonify.train.building import new_model
from insonify.train.cluster import Cluster, shared
from insonify.train.initial import Initial
from insonify.train.joint_loss import JointLoss
from insonify.train.kinds import clip_kinds
from insonify.train.loading import (
    held_out_loader,
    make_loader,
    subject_roles,
)
from insonify.train.loop import State, fit
from insonify.train.monitor import build_probe
from insonify.train.optimisation import unpack
from insonify.train.options import PretrainOptions
from insonify.train.parts import parted
from insonify.train.run_folder import RunFolder
from insonify.train.saving import Saver
from insonify.train.share import Share
from insonify.train.watch import Progress, Watch

_PROBE_FRAMES = 384
_ALONE: Final = Cluster()


def pretrain(
    store: Store,
    path: Path,
    options: PretrainOptions,
    on_progress: Callable[[Progress], None],
    initial: Initial | None = None,
    *,
    cluster: Cluster = _ALONE,
) -> Path:
    """Pretrain an encoder, or resume a run that was interrupted.

    Only training subjects of the split are learnt from; validation subjects are looked
    at while training; test subjects are never read.

    Args:
        store: Where the clips are.
        path: The run folder; made if it is not there, resumed if it is.
        options: What to do.
        on_progress: Called after every step, by every process.
        initial: Encoder to begin with; None: fresh weights.
        cluster: The devices. On several this script or command is started again for
            each of them, unless torchrun or SLURM did; all need store and path.

    Returns:
        The checkpoint folder of the finished encoder.

    Raises:
        ConfigError: the folder holds another run, the initial weights do not fit, or
            the devices cannot be had or share the batch evenly.
        DivergedError: the loss is not finite.
        LeakError: a subject is on both sides of the split, or was seen by the initial
            weights and is kept from this run.
        StoreError: no clip can be made.
    """
    run, record = RunFolder(path), initial.record if initial else None
    require_ready(store, options, initial, cluster)
    # Before others are launched, so that what is wrong is said once.
    store = run.begin(options, store, record, cluster.world)
    if run.checkpoint.exists():
        return run.checkpoint
    fabric = cluster.fabric(options.precision)
    if cluster.world > 1:  # What began at once may have seen two versions.
        fabric.barrier()
        store = run.begin(options, store, record, cluster.world)
    keep_freed_memory()
    roles, first = subject_roles(store, options), fabric.is_global_zero
    loader = make_loader(store, roles.train, options, fabric)
    kinds = _kinds(store, loader, options)
    encoder = initial.encoder() if initial else new_encoder(store, roles, options)
    state = _new_state(fabric, encoder, options)
    resume(state, run, rewind=first)
    saver = Saver(
        store=store,
        roles=roles,
        options=options,
        state=state,
        run=run,
        initial=initial,
        writes=first,
    )
    watch = _new_watch(saver, on_progress)
    share = Share(rank=fabric.global_rank, world=fabric.world_size)
    _train(fabric, loader, JointLoss(options, kinds, share), watch, path)
    saver.save_encoder(run.checkpoint)
    fabric.barrier()
    return run.checkpoint


def _new_watch(saver: Saver, on_progress: Callable[[Progress], None]) -> Watch:
    options, store, roles = saver.options, saver.store, saver.roles
    frames = options.probe_frames or _PROBE_FRAMES
    return Watch(
        options=options,
        state=saver.state,
        writer=saver.run.writer(saver.state.step) if saver.writes else None,
        probe=build_probe(store, roles, options.probe_task, options.clips.size, frames),
        held_out=held_out_loader(store, roles, options),
        save=saver.save_step,
        on_progress=on_progress,
    )


def _train(
    fabric: Fabric, loader: ClipLoader, loss: JointLoss, watch: Watch, path: Path
) -> None:
    """Train from the state's step to the last, and close what ``watch`` writes."""
    options, state = watch.options, watch.state
    try:
        fit(
            fabric,
            state,
            loader.batches(state.step),
            loss,
            steps=options.steps,
            rate_of=lambda step: options.optimisation.rate(step, options.steps),
            on_step=watch,
        )
    except FloatingPointError as error:
        raise DivergedError(
            f"{path}: training diverged ({error}); begin in a new folder with a lower "
            "--optimisation.learning-rate or a longer --optimisation.warmup"
        ) from None
    finally:
        if watch.writer is not None:
            watch.writer.close()


def _kinds(
    store: Store, loader: ClipLoader, options: PretrainOptions
) -> Callable[[int], Tensor] | None:
    asked = options.embedding
    if asked is None or asked.alike is None:
        return None
    return clip_kinds(store, loader, asked.alike, asked.apart)


def _new_state(fabric: Fabric, encoder: Encoder, options: PretrainOptions) -> State:
    model = fabric.setup_module(shared(fabric, new_model(encoder, options)))
    learnt = (weight for weight in model.parameters() if weight.requires_grad)
    optimizer: Any = fabric.setup_optimizers(options.optimisation.build(learnt))
    return State(model=model, optimizer=optimizer)


def resume(state: State, run: RunFolder, *, rewind: bool = True) -> None:
    """Load the newest checkpoint, if there is one, and forget what came after it.

    Args:
        state: What to load it into.
        run: Where it is.
        rewind: Whether to take what came after it out of the run's metrics, which one
            process has to do.
    """
    if (latest := run.latest()) is not None:
        state.step, folder = latest
        own = state.model.state_dict()
        tensors = read_tensors(folder / WEIGHTS)
        state.model.load_state_dict(
            {name: parted(tensor, own[name]) for name, tensor in tensors.items()}
        )
        unpack(state.optimizer, read_tensors(folder / OPTIMIZER))
    if rewind:
        run.rewind(state.step)
