"""How long a plan takes on a machine, so that it can be made to fit.

Encoding and learning are counted by frames. Reading, linear probes and metrics are not
counted: on two cores the frames of a study of 48 subjects were to take 73 minutes, and
all of it took 72 (docs/log.md).
"""

from collections.abc import Iterable, Sequence
from typing import Final

from insonify.store import Store
from insonify.studies.runs import Run, StudyPlan, frames_a_clip
from insonify.studies.speed import Speed
from insonify.train.options import PretrainOptions
from insonify.transfer.plan import FINETUNE
from insonify.transfer.planes import PlanesOptions
from insonify.transfer.saliency import SaliencyOptions

_UNTRAINED: Final = 1
_WINDOW_FRAMES: Final = 32


def seconds(
    plan: StudyPlan, store: Store, speed: Speed, foreign: Sequence[Speed] = ()
) -> float:
    """Estimate the wall-clock time of a plan.

    Args:
        plan: What is run.
        store: On what.
        speed: Of the encoder that the plan trains.
        foreign: Of every foreign encoder; each has an untrained twin of its own.
    """
    runs = list(plan.work())
    own = _arms(run for run in runs if isinstance(run.options, PretrainOptions))
    transfer = 0.0
    if plan.planes is not None:
        transfer += _planes(plan.planes, store, _arms(runs), speed)
        for other in foreign:
            transfer += _planes(plan.planes, store, 1 + _UNTRAINED, other)
    if plan.saliency is not None:
        transfer += _saliency(plan.saliency, store, own, speed)
        for other in foreign:
            transfer += _saliency(plan.saliency, store, 1 + _UNTRAINED, other)
    folds = plan.folds * len(plan.seeds)
    return sum(_training(run, speed) for run in runs) + folds * transfer


def _training(run: Run, speed: Speed) -> float:
    options = run.options
    if isinstance(options, PretrainOptions):
        return options.steps * options.batch * frames_a_clip(options) / speed.train
    rate = speed.train if options.objective == "point" else speed.train_dense
    return options.steps * options.batch / rate


def _arms(runs: Iterable[Run]) -> int:
    """The arms of these runs, and the untrained one."""
    return len({run.arm for run in runs}) + _UNTRAINED


def _planes(options: PlanesOptions, store: Store, arms: int, speed: Speed) -> float:
    frames = 2 * len(store.frame_labels(options.task).positions)
    return _transfer(options, arms, frames / speed.run, speed.train)


def _saliency(options: SaliencyOptions, store: Store, arms: int, speed: Speed) -> float:
    frames = 2 * len(store.gaze_videos()) * _WINDOW_FRAMES
    return _transfer(options, arms, frames / speed.run_dense, speed.train_dense)


def _transfer(
    options: PlanesOptions | SaliencyOptions, arms: int, encode: float, rate: float
) -> float:
    """Every arm encodes and is fine-tuned; the reference is fine-tuned for longer."""
    if FINETUNE not in options.protocols:
        return arms * encode
    course = options.finetune
    tries = len(course.rates or ())
    steps = course.steps + (tries if tries > 1 else 0) * course.shortened().steps
    fit = len(options.fractions) * steps * course.batch / rate
    return arms * (encode + fit) + course.reference * fit
