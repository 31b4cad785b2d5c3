"""Saliency on real images: masks of muscles stand in for gaze. They are not gaze.

python benchmarks/standin.py DATA OUT [--steps 300]

DATA is a folder with ``muscle_masks`` and ``lung_video_ccby`` (see docs/log.md). Points
drawn evenly over each mask take the way of gaze, through the neutral table; images that
nearly repeat each other are one subject. The encoder learns on the lung clips, so that
it sees no muscle. Every step is an ``insonify`` command; one whose result is there is
skipped. Engineering evidence, no clinical claim.

Legend: N images, P points, 2 right and down.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from real import insonify
from scipy.sparse.csgraph import connected_components

_POINTS = 64
_ALIKE = 0.9
"""Correlation of thumbnails from which two images count as repeats."""
_SIDE = 32
_FOLDS = 3
_PX_PER_CM = 8.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=300)
    arguments = parser.parse_args()
    data, out = arguments.data, arguments.out
    out.mkdir(parents=True, exist_ok=True)
    key = ["--key", out / "site.key"]
    lung, run = out / "lung", out / "lung-siamese"
    clips = data / "lung_video_ccby"
    insonify(lung, "ingest", clips, lung, "--subjects", clips / "manifest.csv", *key)
    steps = ["--recipe", "siamese", "--steps", arguments.steps]
    insonify(run / "checkpoint", "pretrain", lung, run, *steps)
    muscle = stand_in(data / "muscle_masks", out, key)
    maps, table = out / "standin.parquet", out / "standin.md"
    asked = ["--split", "groups", "--task", "muscle mask (a stand-in for gaze)"]
    how = ["--protocols", "frozen", "--frozen.steps", "400"]
    insonify(
        *(maps, "transfer", "saliency", muscle, f"siamese on lungs={run}"),
        *(*asked, *how, "--out", maps),
    )
    insonify(table, "report", maps, "--out", table)
    print(table.read_text())


def stand_in(data: Path, out: Path, key: list[object]) -> Path:
    """The images as a store, with the points of their masks where gaze would be."""
    store, points, done = out / "muscle", out / "points.csv", out / "points.done"
    images = sorted((data / "images").glob("*.png"))
    subjects = out / "groups.csv"
    write_rows(subjects, ("path", "subject"), groups(images))
    still = ["--area", "full"]
    given = ["--subjects", subjects]
    insonify(store, "ingest", data / "images", store, *given, *still, *key)
    write_rows(points, ("path", "t_s", "x", "y", "valid"), mask_points(images))
    told = ["--gaze", points, "--format", "neutral", "--px-per-cm", _PX_PER_CM]
    insonify(done, "gaze", data / "images", store, *told, *key)
    done.touch()
    split = out / "groups.done"
    insonify(split, "split", store, "groups", "--folds", _FOLDS)
    split.touch()
    return store


def groups(images: list[Path]) -> list[tuple[object, ...]]:
    """Each image and the group of near repeats that it belongs to."""
    thumbs_NP = np.stack([thumbnail(image) for image in images])
    alike_NN = thumbs_NP @ thumbs_NP.T > _ALIKE
    count, group_N = connected_components(alike_NN, directed=False)
    print(f"{len(images)} images in {count} groups of near repeats")
    pairs = zip(images, group_N, strict=True)
    return [(image.name, f"group-{group}") for image, group in pairs]


def thumbnail(image: Path) -> npt.NDArray[np.float64]:
    """Pixels of a small copy, of mean 0 and length 1."""
    small = Image.open(image).convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels_P = np.asarray(small, np.float64).ravel()
    pixels_P -= pixels_P.mean()
    length = float(np.linalg.norm(pixels_P))
    pixels_P /= max(length, 1e-9)
    return pixels_P


def mask_points(images: list[Path]) -> list[tuple[object, ...]]:
    """Points evenly drawn over each image's mask, all at its only moment."""
    rows: list[tuple[object, ...]] = []
    generator = np.random.default_rng(0)
    for image in images:
        mask_HW = np.asarray(
            Image.open(image.parent.parent / "masks" / image.name).convert("L")
        )
        inside_P2 = np.argwhere(mask_HW > 127)[:, ::-1]
        if len(inside_P2):
            for x, y in generator.choice(inside_P2, _POINTS) + 0.5:
                rows.append((image.name, 0, x, y, 1))
    return rows


def write_rows(
    path: Path, head: tuple[str, ...], rows: list[tuple[object, ...]]
) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
