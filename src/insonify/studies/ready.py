"""What would stop a study after hours of training is found before it begins."""

from collections.abc import Sequence
from pathlib import Path

from insonify.core.errors import ConfigError
from insonify.store import Store
from insonify.studies.question import Question
from insonify.studies.runs import StudyPlan
from insonify.train.initial import load_initial
from insonify.train.options import PretrainOptions
from insonify.transfer.arms import Arm, plan_trials
from insonify.transfer.frames import choose_frames, require_labels
from insonify.transfer.gaze import gazed_frames, require_gaze


def require_ready(plan: StudyPlan, store: Store, foreign: Sequence[Arm]) -> None:
    """Refuse a study whose tests could not be done.

    Args:
        plan: The study; its split is in the store.
        store: What it is run on.
        foreign: The foreign encoders of the plan.

    Raises:
        ConfigError: a foreign encoder has the name of an arm of the study or takes
            frames of another size, or a fold lacks labels or gaze.
        LeakError: a foreign encoder has seen a subject that it would be tested on.
        StoreError: there are no such labels, or no gaze.
    """
    split = store.split(plan.split)
    _require_foreign(plan, foreign)
    if foreign:
        plan_trials(foreign, store.id, split, plan.seeds)
    if (planes := plan.planes) is not None:
        frames = choose_frames(store, planes.task, planes.frames_per_video)
        for fold in range(split.folds):
            require_labels(frames, split, fold, planes.task)
    if (saliency := plan.saliency) is not None:
        gaze = gazed_frames(
            store,
            window_s=saliency.window_s,
            per_video=saliency.frames_per_video,
            size=plan.size,
            margin=saliency.finetune.margin,
        )
        for fold in range(split.folds):
            require_gaze(gaze, split, fold)


def require_initial(question: Question, store: Store) -> None:
    """Refuse weights that an arm cannot go on from, in any fold.

    Raises:
        CheckpointError, ConfigError, LeakError: see :mod:`insonify.train.initial`.
    """
    if question.initial is None:
        return
    initial, split = load_initial(Path(question.initial)), store.split(question.split)
    for fold in range(split.folds):
        for options in question.pretraining:
            initial.check(options, split.roles(fold))


def require_libraries(plan: StudyPlan) -> None:
    """Refuse arms whose heads need a library that is not installed.

    Raises:
        ConfigError: says which to install.
    """
    for run in plan.work():
        if isinstance(run.options, PretrainOptions):
            for task in run.options.tasks.values():
                task.head(8)


def _require_foreign(plan: StudyPlan, foreign: Sequence[Arm]) -> None:
    own = {run.arm for run in plan.work()}
    for argument in plan.foreign:
        name, _, path = argument.partition("=")
        if not name or not path or name in own:
            raise ConfigError(
                f"foreign encoder {argument!r}: write NAME=CHECKPOINT, with a name "
                f"that no arm of the study has ({', '.join(sorted(own))})"
            )
    for arm in foreign:
        for checkpoint in arm.checkpoints:
            if checkpoint.size != plan.size:
                rows, columns = plan.size
                raise ConfigError(
                    f"foreign encoder {arm.name!r}: takes frames of {checkpoint.size}, "
                    f"the study of {plan.size}; adopt it with --size {rows} {columns}"
                )
