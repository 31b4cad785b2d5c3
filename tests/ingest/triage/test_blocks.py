import numpy as np

from insonify.ingest.triage.blocks import reduce


def test_blocks_are_means_of_whole_blocks() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (37, 45, 60), np.uint8)
    cut = frames[:, :40, :56].reshape(37, 5, 8, 7, 8)
    assert np.array_equal(reduce(frames), cut.mean((2, 4)).astype(np.float32))
    assert reduce(frames[:0]).shape == (0, 5, 7)
