"""What ingest costs beside decoding alone, and whether its memory grows with length.

python benchmarks/ingest.py [FOLDER …] [--hd 30 30 20 20] [--minutes 1 10 60]

Speed: every video file of the folders, on two processes, by bare sequential PyAV
decoding and by `insonify ingest` (read, find the image, crop, triage, encode, write),
alternately, their start included; frames a second. With --hd also of recordings of
1920 x 1080 pixels, of so many seconds (whole tens). Memory: recordings of 1920 x
1080 pixels and of several lengths, each ingested by a process of its own.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from bare_decoding import PROCESSES
from scipy import ndimage
from table import show

from insonify.ingest.books import Summary
from insonify.ingest.build import ingest
from insonify.ingest.options import IngestOptions

_RATE = 25


def bare(files: list[Path]) -> tuple[int, float]:
    """Frames of all files, and the seconds in which two processes decoded them."""
    told = subprocess.run(
        [sys.executable, Path(__file__).with_name("bare_decoding.py")],
        input="\n".join(map(str, files)),
        check=True,
        capture_output=True,
        text=True,
    )
    frames, seconds = told.stdout.split()
    return int(frames), float(seconds)


def take(source: Path, scratch: Path, workers: int = PROCESSES) -> Summary:
    """All that ingest does of a folder, in a store of its own."""
    options = IngestOptions(
        workers=workers, subjects_from="file", key=scratch / "key", sheets=False
    )
    store = Path(tempfile.mkdtemp(dir=scratch)) / "store"
    return ingest(source, store, options, lambda _result, _total: None)


def compared(folders: list[Path], rounds: int) -> Iterator[dict[str, object]]:
    """A row for each folder."""
    for folder in folders:
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        frames, alone, whole = 0, [], []
        for _ in range(rounds):
            frames, seconds = bare(files)
            middle = time.perf_counter()
            with tempfile.TemporaryDirectory() as scratch:
                summary = take(folder, Path(scratch))
            alone.append(frames / seconds)
            whole.append(frames / (time.perf_counter() - middle))
        ratios = [w / b for w, b in zip(whole, alone, strict=True)]
        yield {
            "folder": folder.name,
            "files taken": summary.taken,
            "frames": frames,
            "decoding, frames/s": statistics.median(alone),
            "ingest, frames/s": statistics.median(whole),
            "share of decoding": statistics.median(ratios),
            "least": min(ratios),
            "most": max(ratios),
        }


def write_recording(path: Path, minutes: float) -> None:
    """A screen recording with a moving image; ten seconds, over and over."""
    generator = np.random.default_rng(0)
    field = ndimage.gaussian_filter(
        generator.normal(size=(1080, 1920)), 1.5, mode="wrap"
    )
    field = (110 + 50 * field / field.std()).clip(20, 255)
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(
            "h264", rate=_RATE, options={"preset": "veryfast", "g": "48"}
        )
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        packets = []
        for number in range(10 * _RATE):
            screen_HW = np.zeros((1080, 1920), np.uint8)
            rolled_HW = np.roll(field, (3 * number, number), (0, 1))
            screen_HW[100:1000, 300:1600] = rolled_HW[100:1000, 300:1600]
            frame = av.VideoFrame.from_ndarray(screen_HW, format="gray")
            packets += stream.encode(frame.reformat(format="yuv420p"))
        packets += stream.encode()
        _repeat(out, packets, round(minutes * 6))


def write_hd(folder: Path, seconds: list[float]) -> Iterator[Path]:
    """A folder of recordings of so many seconds each; none where none is asked for."""
    for number, length in enumerate(seconds):
        folder.mkdir(exist_ok=True)
        path = folder / f"{number}.mp4"
        write_recording(path, length / 60)
        path.write_bytes(path.read_bytes() + bytes([number]))  # no two are the same
    if seconds:
        yield folder


def _repeat(out: Any, packets: list[Any], times: int) -> None:
    base = packets[0].time_base
    step = Fraction(10) / base
    stamps = [(packet.pts, packet.dts) for packet in packets]
    for number in range(times):
        for packet, (pts, dts) in zip(packets, stamps, strict=True):
            packet.time_base = base  # the container has changed it
            packet.pts = pts + int(step) * number
            packet.dts = dts + int(step) * number
            out.mux(packet)


def remembered(minutes: list[float]) -> Iterator[dict[str, object]]:
    """The most memory that a process needs for a recording, by its length."""
    with tempfile.TemporaryDirectory() as scratch:
        for length in minutes:
            path = Path(scratch) / f"{length:g}.mp4"
            write_recording(path, length)
            began = time.perf_counter()
            told = subprocess.run(
                [sys.executable, __file__, "--one", str(path), scratch],
                check=True,
                capture_output=True,
                text=True,
            )
            frames, peak = map(int, told.stdout.split()[-2:])
            yield {
                "recording, minutes": length,
                "frames": frames,
                "most memory, MiB": peak / 1024,
                "frames/s": frames / (time.perf_counter() - began),
            }
            path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--hd", type=float, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, nargs="*", default=[])
    parser.add_argument("--one", type=Path, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        frames = take(asked.one[0], asked.one[1], workers=0).counts["frames_read"]
        print(frames, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folders = [*asked.folders, *write_hd(Path(scratch) / "hd", asked.hd)]
        if folders:
            show("ingest", list(compared(folders, asked.rounds)))
    if asked.minutes:
        show("ingest_memory", list(remembered(asked.minutes)))


if __name__ == "__main__":
    main()
