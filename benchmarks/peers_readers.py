"""How others read four frames of a movie, each by its documented fastest way.

Every reader opens the movie anew, as data sets of many movies do, decodes with one
thread, and returns grey frames, uint8 (T, H, W).

Legend: T frames of a clip, H rows, W columns, C channels.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import torch
from peers_data import CLIP

Frames = npt.NDArray[np.uint8]
Reader = Callable[[Path, Sequence[int]], Frames]
_HEIGHT, _WIDTH = CLIP.size
SEGMENTS = "segments.lance"
"""stable-pretraining's copy of the movies, beside their folder."""


def decord(movie: Path, frames: Sequence[int]) -> Frames:
    """``VideoReader.get_batch``, which also scales."""
    module = import_module("decord")
    reader = module.VideoReader(
        str(movie), ctx=module.cpu(0), width=_WIDTH, height=_HEIGHT, num_threads=1
    )
    grey_THW: Frames = reader.get_batch(list(frames)).asnumpy()[..., 0]
    return grey_THW


def opencv_seeking(movie: Path, frames: Sequence[int]) -> Frames:
    """``CAP_PROP_POS_FRAMES`` before every frame."""
    cv2 = _opencv()
    capture = cv2.VideoCapture(str(movie))
    found = []
    for frame in frames:
        capture.set(cv2.CAP_PROP_POS_FRAMES, frame)
        found.append(_shrunk(cv2, capture.read()[1]))
    return np.stack(found)


def opencv_sequential(movie: Path, frames: Sequence[int]) -> Frames:
    """``grab`` up to each frame, and ``retrieve`` those alone."""
    cv2 = _opencv()
    capture = cv2.VideoCapture(str(movie))
    found = []
    for frame in range(frames[-1] + 1):
        capture.grab()
        if frame in frames:
            found.append(_shrunk(cv2, capture.retrieve()[1]))
    return np.stack(found)


def pyav_seeking(movie: Path, frames: Sequence[int]) -> Frames:
    """Seek to the key frame before the first, decode on, and scale what is wanted."""
    with av.open(str(movie)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate is not None
        assert stream.time_base is not None
        step = 1 / (stream.average_rate * stream.time_base)
        start = stream.start_time or 0
        due = [start + round(frame * step) for frame in frames]
        container.seek(due[0], stream=stream)
        found: list[Frames] = []
        for picture in container.decode(stream):
            if picture.pts in due:
                found.append(grey(picture))
            if picture.pts is not None and picture.pts >= due[-1]:
                break
    return np.stack(found)


def torchcodec(movie: Path, frames: Sequence[int]) -> Frames:
    """``VideoDecoder.get_frames_at`` with approximate seeking, its fast mode."""
    module = import_module("torchcodec.decoders")
    torch.set_num_threads(1)
    decoder = module.VideoDecoder(
        str(movie), num_ffmpeg_threads=1, seek_mode="approximate"
    )
    frames_TCHW = decoder.get_frames_at(indices=list(frames)).data
    small_TCHW = torch.nn.functional.interpolate(
        frames_TCHW[:, :1], CLIP.size, mode="bilinear", antialias=True
    )
    small: Frames = small_TCHW[:, 0].numpy()
    return small


def lance_segments(movie: Path, frames: Sequence[int]) -> Frames:
    """stable-pretraining's ``LanceVideoSegments``, opened once."""
    cv2 = _opencv()
    dataset, first_of = _segments(movie.parent.parent / SEGMENTS, frames[1] - frames[0])
    sample = dataset[first_of[movie.name] + frames[0]]
    assert sample["frame_indices"] == list(frames)
    return np.stack([_shrunk(cv2, frame) for frame in sample["video"].numpy()])


def build_segments(movies: Path) -> None:
    """Make stable-pretraining's copy of the movies, where it is missing."""
    module = import_module("stable_pretraining.data.video")
    out = movies.parent / SEGMENTS
    if not out.with_name(out.name + ".videos.json").exists():
        module.build_lance_video_dataset(movies, out, workers=1, overwrite=True)


_OPEN: dict[Path, tuple[Any, dict[str, int]]] = {}


def _segments(path: Path, stride: int) -> tuple[Any, dict[str, int]]:
    """The data set of one stride, and each movie's first segment in it."""
    if path not in _OPEN:
        module = import_module("stable_pretraining.data.video")
        dataset = module.LanceVideoSegments(
            path, CLIP.frames, frame_skip=stride - 1, hop_size=1
        )
        first_of: dict[str, int] = {}
        for place, name in enumerate(dataset.segment_filenames):
            first_of.setdefault(Path(name).name, place)
        _OPEN[path] = dataset, first_of
    return _OPEN[path]


def grey(picture: av.VideoFrame) -> Frames:
    """A decoded picture as PyAV scales it."""
    small = picture.reformat(_WIDTH, _HEIGHT, "gray").to_ndarray()
    return small.astype(np.uint8, copy=False)


def _opencv() -> Any:
    module = import_module("cv2")
    module.setNumThreads(1)
    return module


def _shrunk(cv2: Any, picture: Any) -> Frames:
    size = (_WIDTH, _HEIGHT)
    small: Frames = cv2.resize(picture[..., 0], size, interpolation=cv2.INTER_AREA)
    return small


READERS: dict[str, tuple[Reader, tuple[str, ...]]] = {
    "decord": (decord, ("decord",)),
    "OpenCV, seeking": (opencv_seeking, ("opencv-python-headless",)),
    "OpenCV, sequential": (opencv_sequential, ("opencv-python-headless",)),
    "PyAV, seeking": (pyav_seeking, ("av",)),
    "torchcodec": (torchcodec, ("torchcodec",)),
    "stable-pretraining, Lance segments": (lance_segments, ("stable-pretraining",)),
}
