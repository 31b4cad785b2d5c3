"""Comparing encoders from a script, as ``insonify transfer`` and ``report`` do.

Nothing is printed, and a call that is repeated goes on where it was interrupted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from insonify.core.errors import ConfigError
from insonify.core.predictions import Predictions, write_predictions
from insonify.core.saliency_predictions import SaliencyPredictions, write_saliency
from insonify.model.checkpoint import Checkpoint, load_checkpoint
from insonify.report.page.inputs import sort_inputs
from insonify.report.page.sections import Making, make_sections
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import as_markdown
from insonify.store import Store
from insonify.transfer.arms import Arm
from insonify.transfer.parts import parts_folder, remove_parts
from insonify.transfer.planes import PlanesOptions, run_planes
from insonify.transfer.progress import Step
from insonify.transfer.saliency import SaliencyOptions, run_saliency

Place: TypeAlias = Path | str
Encoders: TypeAlias = Place | Checkpoint | Sequence[Place | Checkpoint]
"""One run or checkpoint, or one for each fold or seed."""


def _quiet(*_: Any) -> None:
    """Tell nobody."""


def transfer_planes(
    store: Store,
    arms: Mapping[str, Encoders],
    options: PlanesOptions,
    *,
    out: Place | None = None,
    overwrite: bool = False,
    on_progress: Callable[[Step], None] = _quiet,
) -> Predictions:
    """Test encoders, and their untrained twins, on labelled frames of unseen subjects.

    Args:
        store: Where frames, labels and the split are.
        arms: What is compared: runs or checkpoints, by the name of their row. One, or
            one for each fold or seed.
        options: Task, split and protocols.
        out: Predictions file to write, for `insonify report`; an interrupted call that
            is repeated goes on. None: keep nothing.
        overwrite: Replace that file if it is there.
        on_progress: Called as the work goes on.

    Returns:
        Probabilities of every test frame under every arm.

    Raises:
        CheckpointError: an encoder cannot be loaded, or does not say whom it saw.
        ConfigError: the file is there already, arms and seeds do not go together, or a
            fold lacks labels.
        LeakError: an encoder has seen a subject that it would be tested on.
        StoreError: there is no such task or split.
    """
    with _kept(out, overwrite=overwrite) as parts:
        found = run_planes(store, _arms(arms), options, on_progress, parts)
        if out is not None:
            write_predictions(Path(out), found)
    return found


def transfer_saliency(
    store: Store,
    arms: Mapping[str, Encoders],
    options: SaliencyOptions,
    *,
    out: Place | None = None,
    overwrite: bool = False,
    on_progress: Callable[[Step], None] = _quiet,
) -> SaliencyPredictions:
    """Test encoders, and their untrained twins, on the gaze on unseen subjects.

    Args:
        store: Where frames, gaze and the split are.
        arms: What is compared; see :func:`transfer_planes`.
        options: Split and protocols.
        out: Predictions file to write; None: keep nothing.
        overwrite: Replace that file if it is there.
        on_progress: Called as the work goes on.

    Returns:
        A map of sum 1 of every test frame under every arm.

    Raises:
        CheckpointError: an encoder cannot be loaded, or does not say whom it saw.
        ConfigError: the file is there already, arms differ in frame size, or a fold
            lacks gaze.
        LeakError: an encoder has seen a subject that it would be tested on.
        StoreError: there is no gaze or no such split.
    """
    with _kept(out, overwrite=overwrite) as parts:
        found = run_saliency(store, _arms(arms), options, on_progress, parts)
        if out is not None:
            write_saliency(Path(out), found)
    return found


def report_markdown(
    files: Sequence[Place], options: ReportOptions | None = None
) -> str:
    """Tables of predictions files as Markdown, with 95 % intervals over subjects.

    `insonify report` makes the whole page, with charts.

    Args:
        files: What :func:`transfer_planes` and :func:`transfer_saliency` wrote; those
            of one task of the same store and split.
        options: How numbers are made of predictions.

    Raises:
        ReportError: a file is missing, damaged, no predictions, or not comparable.
    """
    making = Making(
        galleries=(), stores=(), groups=None, options=options or ReportOptions()
    )
    sections = make_sections(sort_inputs([Path(file) for file in files]), making)
    return as_markdown([section.table for section in sections])


@contextmanager
def _kept(out: Place | None, *, overwrite: bool) -> Iterator[Path | None]:
    """Where parts of a predictions file are, until it is written."""
    if out is None:
        yield None
        return
    if Path(out).exists() and not overwrite:
        raise ConfigError(f"{out}: exists; name another file or pass overwrite=True")
    yield parts_folder(Path(out))
    remove_parts(Path(out))


def _arms(arms: Mapping[str, Encoders]) -> list[Arm]:
    return [
        Arm(name=name, checkpoints=tuple(map(_checkpoint, _list(encoders))))
        for name, encoders in arms.items()
    ]


def _list(encoders: Encoders) -> Sequence[Place | Checkpoint]:
    if isinstance(encoders, Path | str | Checkpoint):
        return [encoders]
    return encoders


def _checkpoint(encoder: Place | Checkpoint) -> Checkpoint:
    return (
        encoder if isinstance(encoder, Checkpoint) else load_checkpoint(Path(encoder))
    )
