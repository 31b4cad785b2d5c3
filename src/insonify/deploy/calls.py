"""From files to a pretrained encoder in a script, as the commands do it.

They do what ``insonify ingest``, ``gaze`` and ``pretrain`` do, print nothing, and go on
where they were interrupted.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

from insonify.ingest.books import Summary
from insonify.ingest.build import ingest
from insonify.ingest.gaze.build import import_gaze
from insonify.ingest.gaze.options import GazeImportOptions
from insonify.ingest.gaze.summary import GazeSummary
from insonify.ingest.handling import FileResult
from insonify.ingest.options import IngestOptions
from insonify.store import Store
from insonify.train import pretrain as training
from insonify.train.cluster import Cluster
from insonify.train.initial import load_initial
from insonify.train.options import PretrainOptions
from insonify.train.watch import Progress

Place: TypeAlias = Path | str

_ALONE: Final = Cluster()


def _quiet(*_: Any) -> None:
    """Tell nobody."""


def build_store(
    source: Place,
    store: Place,
    options: IngestOptions | None = None,
    *,
    on_file: Callable[[FileResult, int], None] = _quiet,
) -> Summary:
    """Make clean, de-identified videos of a file or folder, as `insonify ingest` does.

    Call it again and it adds what is new. With ``options.workers`` above 0 (2 by
    default) other processes do the work, so that a script needs the usual
    ``if __name__ == "__main__":``.

    Args:
        source: A file, or a folder that is searched to any depth.
        store: The store's folder or URL; made if it is not there.
        options: Whose the files are, and how they are taken; None: DICOM's patient id
            says it.
        on_file: Called after each file with its result and the number of files to do.

    Returns:
        How many files were taken and refused, and why. A file that cannot be taken is
        no error.

    Raises:
        ConfigError: an option does not fit, or there is no file.
        StoreError: the store was made with other settings.
    """
    return ingest(Path(source), Path(store), options or IngestOptions(), on_file)


def add_gaze(
    source: Place,
    store: Place,
    options: GazeImportOptions,
    *,
    on_file: Callable[[int], None] = _quiet,
) -> GazeSummary:
    """Add what an eye tracker recorded to the videos of a store, as `insonify gaze`.

    Args:
        source: The file or folder that :func:`build_store` took.
        store: The store.
        options: Which gaze, and where on the videos it belongs.
        on_file: Called after each file with the number of files.

    Returns:
        What could be placed, and what was refused and why.

    Raises:
        ConfigError: an option is missing or wrong, or the site's key is not there.
        StoreError: there is no store, or videos have gaze already.
    """
    return import_gaze(Path(source), Path(store), options, on_file)


def pretrain(
    store: Store,
    run: Place,
    options: PretrainOptions,
    *,
    initial: Place | None = None,
    cluster: Cluster = _ALONE,
    on_progress: Callable[[Progress], None] = _quiet,
) -> Path:
    """Learn an encoder from the clips of a store, or resume an interrupted run.

    Only training subjects of ``options.split`` are learnt from; test subjects are never
    read.

    Args:
        store: Where the clips are.
        run: The run folder; made if it is not there, resumed if it is.
        options: A recipe (:data:`insonify.RECIPES`), perhaps changed by
            ``dataclasses.replace``.
        initial: Run or checkpoint whose encoder to begin with; None: fresh weights.
        cluster: The devices. On several the script is started again for each of them.
        on_progress: Called after every step, by every process.

    Returns:
        The checkpoint folder of the finished encoder, for :func:`load_encoder`.

    Raises:
        CheckpointError: the initial encoder cannot be loaded.
        ConfigError: the folder holds another run, the initial weights do not fit, or
            the devices cannot be had.
        DivergedError: the loss is not finite.
        LeakError: a subject is on both sides of the split.
        StoreError: no clip can be made.
    """
    begin = None if initial is None else load_initial(Path(initial))
    return training.pretrain(
        store, Path(run), options, on_progress, begin, cluster=cluster
    )
