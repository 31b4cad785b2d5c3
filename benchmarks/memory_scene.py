"""What the commands of benchmarks/memory.py are run on: a folder, small or large."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import timm
from ingest import write_recording
from memory_visitor import free_port
from PIL import Image
from report import write as write_rows
from review import drifting, video
from safetensors.torch import save_file

from insonify.store import Store, StoreSettings

SWEEPS, SECONDS, RATE = 2, 4, 15


@dataclass(frozen=True)
class Size:
    """How much there is of everything."""

    subjects: int
    """Of the phantom, with two sweeps of four seconds each."""
    minutes: float
    """Of one long recording, 1920 x 1080 at 25 frames a second: both are longer than
    what ingest holds of a recording at a time, 1542 frames."""
    scanned: int
    """Frames of one video of a store."""
    stills: int
    """Of the copy of a published set."""
    rows: int
    """Of a predictions file."""
    backbone: str
    """Of timm, whose weights are adopted."""


SMALL = Size(6, 1.1, 300, 100, 20_000, "resnet18")
LARGE = Size(30, 2.5, 1500, 600, 200_000, "resnet50")


@dataclass(frozen=True)
class Scene:
    """A folder in which all commands run one after the other."""

    folder: Path
    size: Size

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    @property
    def store(self) -> Path:
        """The store that most commands read."""
        return self / "store"

    @property
    def key(self) -> Path:
        """The site's key, of zeros: nobody is to be protected."""
        return self / "site.key"

    @cached_property
    def recording(self) -> Path:
        """One long recording of a screen."""
        path = self / "recording.mp4"
        write_recording(path, self.size.minutes)
        return path

    @cached_property
    def scan(self) -> str:
        """One long video of a store of its own, as `insonify render` takes it."""
        store = Store.create(self / "scanned", StoreSettings())
        frames_THW = drifting((256, 340), self.size.scanned, 0, 0)
        whole = video("v-scan", "s-scan", frames_THW)
        store.commit([store.write_video([whole], "f-scan")])
        return f"{store.path}::v-scan"

    @cached_property
    def stills(self) -> Path:
        """A copy of BUSI: stills of 400 x 500 pixels."""
        root, generator = self / "busi", np.random.default_rng(0)
        for number in range(self.size.stills):
            lesion = ("benign", "malignant", "normal")[number % 3]
            (root / lesion).mkdir(parents=True, exist_ok=True)
            pixels_HW = generator.integers(0, 200, (400, 500), np.uint8)
            Image.fromarray(pixels_HW).save(root / lesion / f"{lesion} ({number}).png")
        return root

    @cached_property
    def rows(self) -> Path:
        """A predictions file of so many rows."""
        path = self / "rows.parquet"
        write_rows(path, self.size.rows)
        return path

    @cached_property
    def weights(self) -> Path:
        """Weights as others trained them."""
        path = self / "weights.safetensors"
        save_file(timm.create_model(self.size.backbone).state_dict(), path)
        return path

    @cached_property
    def parameters(self) -> int:
        """Of the backbone."""
        model = timm.create_model(self.size.backbone)
        return sum(parameter.numel() for parameter in model.parameters())

    @cached_property
    def port(self) -> int:
        """Where the review app is to listen."""
        return free_port()

    @cached_property
    def frames(self) -> int:
        """Frames of the store."""
        return len(Store.open(self.store).frames())

    @cached_property
    def first(self) -> str:
        """A video of the store."""
        return Store.open(self.store).frames().video_ids[0]

    @property
    def drawn(self) -> int:
        """Frames that the phantom drew, freezes not counted."""
        return self.size.subjects * SWEEPS * SECONDS * RATE

    @property
    def recorded(self) -> int:
        """Frames of the long recording."""
        return round(self.size.minutes * 60 * 25)

    def begin(self) -> None:
        """Make the folder and the key."""
        self.folder.mkdir(parents=True)
        self.key.write_text(bytes(32).hex())
        self.key.chmod(0o600)
