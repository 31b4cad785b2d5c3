"""How a frame should be stored: bytes, decoding time and error of each codec.

python benchmarks/codec.py STORE    (a store made with --codec raw)
"""

import argparse
import time
from pathlib import Path

import numpy as np
from table import show

from insonify.store import Store
from insonify.store.codec import Codec, decode, encode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    store = Store.open(parser.parse_args().store)
    drawn = np.random.default_rng(0).integers(0, len(store.frames()), 400)
    frames = store.read_frames(drawn)
    choices: list[tuple[Codec, int]] = [("raw", 0), ("png", 0)]
    choices += [("jpeg", quality) for quality in (90, 95, 98)]
    rows: list[dict[str, object]] = []
    for codec, quality in choices:
        images = [encode(frame, codec, quality) for frame in frames]
        began = time.perf_counter()
        back = [
            decode(image, codec, *frame.shape)
            for image, frame in zip(images, frames, strict=True)
        ]
        seconds = time.perf_counter() - began
        errors = [
            np.abs(one.astype(int) - other).mean()
            for one, other in zip(back, frames, strict=True)
        ]
        rows.append(
            {
                "codec": f"{codec} {quality or ''}".strip(),
                "kB a frame": sum(map(len, images)) / len(images) / 1000,
                "µs to decode": seconds / len(frames) * 1e6,
                "mean error, grey levels": float(np.mean(errors)),
            }
        )
    show("codec", rows)


if __name__ == "__main__":
    main()
