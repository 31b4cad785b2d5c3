from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from insonify.core.errors import ConfigError, IngestError, StoreError
from insonify.deploy.search.asked import asked_frame, asked_picture, position_of
from insonify.ingest.clean import CleanOptions
from tests.deploy.conftest import small_checkpoint
from tests.deploy.search.conftest import FRAMES, Archive


@pytest.mark.parametrize(
    ("text", "video", "frame"),
    [
        ("v-03@0s", 3, 0),
        ("v-03@1.26s", 3, 13),
        ("v-03@1.24", 3, 12),
        ("v-03@3.3s", 3, FRAMES - 1),
        ("v-03#17", 3, 17),
    ],
)
def test_a_frame_is_named_by_time_or_number(
    archive: Archive, text: str, video: int, frame: int
) -> None:
    index = archive.store.frames()
    assert position_of(index, text) == index.starts_V()[video] + frame


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("v-03", ConfigError, "write VIDEO@12.3s"),
        ("v-03@soon", ConfigError, "write VIDEO@12.3s"),
        ("v-03@1.2.3s", ConfigError, "no time"),
        ("v-03@4s", StoreError, "from 0.00 s to 2.90 s"),
        ("v-03#30", StoreError, "numbers 0 to 29"),
        ("v-77@1s", StoreError, "no video 'v-77'.* there are 24"),
        ("v-1@1s", StoreError, "10 videos begin with 'v-1': v-10, v-11"),
    ],
)
def test_what_names_no_frame_is_refused(
    archive: Archive, text: str, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        position_of(archive.store.frames(), text)


def test_a_frame_of_the_store_has_its_features(archive: Archive) -> None:
    asked = asked_frame(archive.store, archive.features, 100)
    np.testing.assert_array_equal(
        asked.vector_D, archive.features.read(np.array([100]))[0]
    )
    np.testing.assert_array_equal(
        asked.picture_HW, archive.store.read_frames(np.array([100]))[0]
    )


def speckle(height: int, width: int) -> np.ndarray:
    generator = np.random.default_rng(3)
    return generator.integers(30, 220, (height, width)).astype(np.uint8)


def test_text_around_a_picture_is_not_seen(tmp_path: Path) -> None:
    image_HW = speckle(96, 120)
    screen_HW = np.zeros((200, 240), np.uint8)
    screen_HW[60:156, 40:160] = image_HW
    screen_HW[10:30, 20:200:3] = 255
    Image.fromarray(image_HW).save(tmp_path / "cropped.png")
    Image.fromarray(screen_HW).save(tmp_path / "DOE.png")
    checkpoint = small_checkpoint()
    cropped = asked_picture(
        tmp_path / "cropped.png", checkpoint, CleanOptions(area="full")
    )
    given = CleanOptions(area=(60, 40, 156, 160))
    asked = asked_picture(tmp_path / "DOE.png", checkpoint, given)
    np.testing.assert_array_equal(asked.picture_HW, image_HW)
    np.testing.assert_array_equal(asked.vector_D, cropped.vector_D)
    assert asked.position is None
    with pytest.raises(IngestError, match="--area"):
        asked_picture(tmp_path / "DOE.png", checkpoint, CleanOptions())


def test_a_video_is_no_picture(tmp_path: Path) -> None:
    frames = [Image.fromarray(speckle(64, 64 + 0 * n) + n) for n in range(12)]
    path = tmp_path / "cine.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=50)
    with pytest.raises(ConfigError, match="is a video"):
        asked_picture(path, small_checkpoint(), CleanOptions(area="full"))
