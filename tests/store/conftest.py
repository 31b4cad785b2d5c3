"""Small videos, whole and in parts, and an S3 server on this machine."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import lance
import numpy as np
import pyarrow as pa
import pytest

from insonify.core.video import Box, Video
from insonify.store.place import Folder
from insonify.store.rows import FORMAT, SCHEMAS, WRITE


def noise(seed: int, frames: int = 3) -> Video:
    """A video of 16 by 16 pixels that differs for every seed."""
    generator = np.random.default_rng(seed)
    return Video(
        frames_THW=generator.integers(0, 255, (frames, 16, 16), np.uint8),
        times_s_T=np.arange(frames) / 20,
        segments_T=np.arange(frames, dtype=np.int32) // 2,
        motion_T=np.arange(frames, dtype=np.float32),
        rectangle=Box(0, 0, 16, 16),
        spacing_mm=None,
        subject=f"s-{seed % 5}",
        exam="e",
        video=f"v-{seed:04d}",
    )


def cut(video: Video, *at: int) -> Iterator[Video]:
    """The parts of a video, cut before the frames ``at``."""
    for first, end in zip((0, *at), (*at, len(video.frames_THW)), strict=True):
        yield replace(
            video,
            frames_THW=video.frames_THW[first:end],
            times_s_T=video.times_s_T[first:end],
            segments_T=video.segments_T[first:end],
            motion_T=video.motion_T[first:end],
        )


@pytest.fixture(name="noise")
def give_noise() -> Callable[..., Video]:
    return noise


@pytest.fixture(name="cut")
def give_cut() -> Callable[..., Iterator[Video]]:
    return cut


@pytest.fixture
def old_store(tmp_path: Any) -> Folder:
    """A store from before writes had numbers, with one labelled video of two frames."""
    place = Folder(tmp_path / "old")
    settings = {"codec": "raw", "quality": 95, "size": 16}
    rows: dict[str, list[dict[str, object]]] = {
        "frames": [
            {"video": "v-old", "index": k, "time_s": k / 10, "segment": 0, "motion": k}
            | {"image": bytes([k]) * 256}
            for k in range(2)
        ],
        "labels": [{"video": "v-old", "task": "t", "label": "x"}],
        "videos": [
            {"video": "v-old", "file": "f-old", "subject": "s", "exam": "e"}
            | {"frames": 2, "height": 16, "width": 16, "rectangle": [0, 0, 16, 16]}
            | {"source_shape": [16, 16], "crop": [0, 0, 16, 16], "duration_s": 0.1}
            | {"facts": "{}"}
        ],
    }
    for name, now in SCHEMAS.items():
        schema = pa.schema([field for field in now if field != WRITE])
        table = pa.Table.from_pylist(rows.get(name, []), schema=schema)
        lance.write_dataset(table, f"{place.root}/{name}.lance", schema=schema)
    head = {"format": FORMAT, "id": "0123456789abcdef", "settings": settings}
    place.write("store.json", json.dumps(head).encode())
    return place


class Server:
    """An S3 server with one bucket, ``scans``."""

    def __init__(self, url: str) -> None:
        self.url = url

    def check_credentials(self, *, after: int) -> None:
        """Let so many requests pass before credentials are looked at."""
        request = urllib.request.Request(
            f"{self.url}/moto-api/reset-auth",
            data=str(after).encode(),
            headers={"Content-Type": "text/plain"},
        )
        urllib.request.urlopen(request).close()


@pytest.fixture(scope="module")
def _moto() -> Iterator[Server]:
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    request = urllib.request.Request(f"{url}/scans", method="PUT")
    urllib.request.urlopen(request).close()
    yield Server(url)
    server.stop()


@pytest.fixture
def s3(_moto: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, with the environment set as a user sets it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", _moto.url)
    return _moto
