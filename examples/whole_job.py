"""The whole job by the Python API, on synthetic sweeps: from files to probabilities.

    python examples/whole_job.py OUT

Draws six synthetic fetuses, makes a store of their recordings, pretrains an encoder
for one fold, tests it beside an untrained one on subjects it never saw, and uses it. A
few seconds of training teach little: the figures show that everything runs, no more.
"""

import sys
from dataclasses import replace
from pathlib import Path

import insonify


def build(out: Path) -> insonify.Store:
    """Draw recordings with labels and gaze, take them into a store, split it."""
    phantom, store = out / "phantom", out / "store"
    options = insonify.PhantomOptions(
        subjects=6, sweeps=2, seconds=2, fps=10, formats=("mp4",), interruptions=False
    )
    insonify.make_phantom(phantom, options)
    key = out / "site.key"  # Made at first use; yours keeps pseudonyms the same.
    ingest = insonify.IngestOptions(
        subjects=phantom / "subjects.csv",
        label_table=phantom / "labels.csv",
        key=key,
        workers=0,
    )
    summary = insonify.build_store(phantom / "videos", store, ingest)
    print(f"taken: {summary.taken} of {summary.files} files")
    gaze = insonify.GazeImportOptions(
        gaze=phantom / "gaze.csv",
        format="neutral",
        key=key,
        placing=insonify.PlacingOptions(px_per_cm=8.0),
    )
    print(f"gaze: {insonify.add_gaze(phantom / 'videos', store, gaze).videos} videos")
    opened = insonify.Store.open(store)
    opened.make_split("folds", folds=3, task="plane", seed=0)
    return opened


def learn(store: insonify.Store, out: Path) -> Path:
    """Pretrain on the training subjects of fold 0."""
    recipe = insonify.with_size(insonify.RECIPES["demo"](), (56, 72))
    options = replace(recipe, steps=8, batch=8, split="folds", fold=0, workers=0)
    return insonify.pretrain(store, out / "run", options)


def test(store: insonify.Store, encoder: Path, out: Path) -> None:
    """Standard planes and gaze of the subjects of fold 0, with an untrained twin."""
    arms = {"demo": encoder}
    planes = insonify.PlanesOptions(
        task="plane", split="folds", seeds=(0,), frames_per_video=8
    )
    insonify.transfer_planes(store, arms, planes, out=out / "planes.parquet")
    saliency = insonify.SaliencyOptions(
        split="folds",
        protocols=("frozen",),
        frozen=insonify.Decoder(steps=40),
        seeds=(0,),
        frames_per_video=8,
    )
    insonify.transfer_saliency(store, arms, saliency, out=out / "saliency.parquet")
    tables = insonify.report_markdown(
        [out / "planes.parquet", out / "saliency.parquet"]
    )
    print(tables.split("\n\n")[1])


def use(store: insonify.Store, run: Path, out: Path) -> None:
    """Features, classes and saliency of frames, wherever they come from."""
    known = insonify.load_checkpoint(run)
    insonify.embed_store(store, known)
    options = insonify.HeadOptions(
        decoder=insonify.Decoder(steps=40), frames_per_video=8
    )
    insonify.Heads.fit(store, known, options).save(out / "heads")
    encoder = insonify.load_encoder(run, heads=out / "heads")
    frames = store.read_frames(store.frames().starts_V()[:4])  # uint8, of any size
    print(f"features: {tuple(encoder(frames).shape)}")
    print(f"stages: {', '.join(encoder.layers(frames))}")
    first = encoder.probabilities(frames)[0]
    print(f"most probable: {encoder.classes[int(first.argmax())]} ({first.max():.2f})")
    print(f"saliency: {tuple(encoder.saliency(frames).shape)}")


def main(out: Path) -> None:
    """Everything, one after the other."""
    store = build(out)
    encoder = learn(store, out)
    test(store, encoder, out)
    use(store, encoder, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
