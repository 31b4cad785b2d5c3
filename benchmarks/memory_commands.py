"""Every sub-command: how it is run in a scene, and what its memory is set against."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from memory_scene import RATE, SECONDS, SWEEPS, Scene

_STORE: Final = "frames of the store"
_SPLIT: Final = ("--split", "folds")
_PLANE: Final = ("--task", "plane")
_PLANES: Final = "planes.parquet"
_WHOSE: Final = ("--subjects-from", "file")
_RECORDED: Final = "frames of a recording"
_RECIPE: Final = ("--recipe", "demo", "--probe-task", "plane")


@dataclass(frozen=True, kw_only=True)
class Command:
    """A sub-command."""

    name: str
    words: Callable[[Scene], list[object]]
    """Its arguments."""
    per: str = _STORE
    """What there is more of in the large scene."""
    count: Callable[[Scene], int] = lambda scene: scene.frames
    """How much there is of it."""
    needs: tuple[str, ...] = ()
    """Commands that have to run before."""
    serves: bool = False
    """Whether it runs until it is ended."""
    long: bool = False
    """Whether it runs only where it is named: it does in one process what others do."""
    same: bool = False
    """Whether it is the same in every scene, so that one is enough."""

    @property
    def sub_command(self) -> str:
        """What is typed: the name up to a comma."""
        return self.name.partition(",")[0]


def _phantom(s: Scene) -> list[object]:
    drawn = ["--subjects", s.size.subjects, "--sweeps", SWEEPS]
    return [s / "phantom", *drawn, "--seconds", SECONDS, "--fps", RATE]


def _ingest(s: Scene) -> list[object]:
    tables = ["--subjects", s / "phantom/subjects.csv"]
    tables += ["--label-table", s / "phantom/labels.csv"]
    return [s / "phantom/videos", s.store, *tables, "--key", s.key]


def _gaze(s: Scene) -> list[object]:
    place = [s / "phantom/videos", s.store, "--gaze", s / "phantom/gaze.csv"]
    return [*place, "--format", "neutral", "--px-per-cm", 8, "--key", s.key]


def _pretrain_gaze(s: Scene) -> list[object]:
    small = ["--architecture", "resnet10t", "--size", 64, 80, "--steps", 5]
    return [s.store, s / "gaze-run", *_SPLIT, *small]


def _saliency(s: Scene) -> list[object]:
    words = [s.store, s / "run", *_SPLIT, "--protocols", "frozen", "knn"]
    return [*words, "--frozen.steps", 20, "--seeds", 0, "--out", s / "saliency.parquet"]


def _report(s: Scene) -> list[object]:
    inputs = [s / f"{name}.parquet" for name in ("planes", "saliency", "gallery")]
    return [*inputs, s / "run", s.store, "--out", s / "report.html"]


def _card(s: Scene) -> list[object]:
    given = ["--store", s.store, "--predictions", s / _PLANES]
    return [s / "run", *given, "--out", s / "card.html"]


def _review(s: Scene) -> list[object]:
    return [s.store, "--checkpoint", s / "run", "--no-browser", "--port", s.port]


def _compare(s: Scene) -> list[object]:
    arms = ["--arms", "path_only", *_PLANE, "--size", 32, 40, "--frames", 16]
    tested = ["--fractions", 1, "--protocols", "knn", "--steps", 2]
    return [s.store, s / "compare", *arms, *tested]


def _reproduce(s: Scene) -> list[object]:
    return [s.store, s / "study", "--budget", 0.001]


def _audit(s: Scene) -> list[object]:
    return [s.store, s / "run", "--clips", 256, "--out", s / "audit.html"]


def _gallery(s: Scene) -> list[object]:
    return [s.store, s / "run", *_PLANE, *_SPLIT, "--out", s / "gallery.parquet"]


COMMANDS: Final = (
    Command(
        name="phantom",
        words=_phantom,
        per="frames drawn",
        count=lambda s: s.drawn,
    ),
    Command(name="ingest", words=_ingest, needs=("phantom",)),
    Command(
        name="ingest, one recording",
        words=lambda s: [s.recording, s / "one", *_WHOSE, "--key", s.key],
        per=_RECORDED,
        count=lambda s: s.recorded,
    ),
    Command(
        name="inspect",
        words=lambda s: [s.recording, "--sheet", s / "sheet.png"],
        per=_RECORDED,
        count=lambda s: s.recorded,
    ),
    Command(
        name="import",
        words=lambda s: ["busi", s.stills, s / "busi-store", "--key", s.key],
        per="stills",
        count=lambda s: s.size.stills,
    ),
    Command(
        name="triage",
        words=lambda s: [s.store, "--out", s / "triage.html"],
        needs=("ingest",),
    ),
    Command(name="gaze", words=_gaze, needs=("ingest",)),
    Command(
        name="split",
        words=lambda s: [s.store, "folds", "--folds", 3, *_PLANE],
        needs=("ingest",),
    ),
    Command(
        name="pretrain",
        words=lambda s: [s.store, s / "run", *_RECIPE, *_SPLIT, "--steps", 10],
        needs=("split",),
    ),
    Command(name="pretrain-gaze", words=_pretrain_gaze, needs=("split", "gaze")),
    Command(name="audit", words=_audit, needs=("pretrain",)),
    Command(
        name="adopt",
        words=lambda s: [s.size.backbone, s / "adopted", "--weights", s.weights],
        per="thousand weights",
        count=lambda s: s.parameters // 1000,
    ),
    Command(
        name="transfer planes",
        words=lambda s: [s.store, s / "run", *_PLANE, *_SPLIT, "--out", s / _PLANES],
        needs=("pretrain",),
    ),
    Command(name="transfer saliency", words=_saliency, needs=("pretrain", "gaze")),
    Command(name="transfer gallery", words=_gallery, needs=("pretrain",)),
    Command(
        name="report",
        words=_report,
        needs=("transfer planes", "transfer saliency", "transfer gallery"),
    ),
    Command(
        name="report, predictions alone",
        words=lambda s: [s.rows, "--out", s / "rows.html"],
        per="predictions",
        count=lambda s: s.size.rows,
    ),
    Command(name="card", words=_card, needs=("transfer planes",)),
    Command(
        name="render",
        words=lambda s: [s.scan, s / "run", s / "scan.mp4", "--store", s.store],
        per="frames of a scan",
        count=lambda s: s.size.scanned,
        needs=("pretrain", "gaze"),
    ),
    Command(name="embed", words=lambda s: [s.store, s / "run"], needs=("pretrain",)),
    Command(
        name="search",
        words=lambda s: [s.store, "--like", f"{s.first}#0", "--page", s / "like.html"],
        needs=("embed",),
    ),
    Command(name="review", words=_review, needs=("embed", "gaze"), serves=True),
    Command(name="compare", words=_compare, needs=("ingest",), long=True),
    Command(name="reproduce", words=_reproduce, needs=("ingest", "gaze"), long=True),
    Command(
        name="demo",
        words=lambda s: [s / "demo"],
        per="demo",
        count=lambda _: 1,
        long=True,
        same=True,
    ),
    Command(name="doctor", words=lambda s: ["--store", s.store], needs=("ingest",)),
)
"""In an order in which each has what it needs."""
NAMES: Final = sorted({n for each in COMMANDS for n in (each.name, each.sub_command)})


def chosen(names: list[str]) -> list[Command]:
    """The commands of these names and those that they need, in their order."""
    wanted = set(names)
    for command in reversed(COMMANDS):
        if command.name in wanted or command.sub_command in names:
            wanted |= {command.name, *command.needs}
    return [command for command in COMMANDS if command.name in wanted]
