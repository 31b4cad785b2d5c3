"""Maps of the most alike frames, against doing it frame by frame."""

import numpy as np
import torch
from torch import Generator

from insonify.core.saliency import target_map
from insonify.transfer.criteria import divergence
from insonify.transfer.knn import KNN
from insonify.transfer.saliency_knn import alike_maps

SHAPE = (4, 5)
CHOSEN_M, ASKED_B = np.arange(0, 90), np.arange(90, 160)


def test_equals_averaging_by_hand() -> None:
    draw = np.random.default_rng(0)
    features_ND = draw.normal(size=(160, 6)).astype(np.float32)
    features_ND[:, 5] = 2.0  # Says nothing.
    targets_Nhw = torch.rand(160, *SHAPE, generator=Generator().manual_seed(0))
    targets_Nhw /= targets_Nhw.sum((1, 2), keepdim=True)
    options = KNN(k=3, temperature=0.2)
    found_Bhw = alike_maps(features_ND, targets_Nhw, CHOSEN_M, ASKED_B, options)
    mean_D, std_D = features_ND[:90, :5].mean(0), features_ND[:90, :5].std(0)

    def scaled(place: int) -> np.ndarray:
        one_D = (features_ND[place, :5] - mean_D) / std_D
        return np.asarray(one_D / np.linalg.norm(one_D))

    for place in (90, 120, 159):
        alike = sorted((scaled(place) @ scaled(m), m) for m in range(90))[-3:]
        weights = [np.exp(cosine / 0.2) for cosine, _ in alike]
        maps = [targets_Nhw[m].numpy() for _, m in alike]
        expected = np.average(maps, axis=0, weights=weights)
        np.testing.assert_allclose(found_Bhw[place - 90], expected, atol=1e-5)


def test_features_that_know_the_place_beat_the_static_map() -> None:
    places_N2 = np.random.default_rng(0).uniform(0, 1, (160, 2))
    targets = [target_map([place], (0.15, 0.15), SHAPE) for place in places_N2]
    targets_Nhw = torch.from_numpy(np.array(targets, np.float32))
    angle_N2 = 2 * places_N2
    features_ND = np.hstack([np.cos(angle_N2), np.sin(angle_N2)]).astype(np.float32)
    truth_Bhw = targets_Nhw[ASKED_B]
    found_Bhw = alike_maps(features_ND, targets_Nhw, CHOSEN_M, ASKED_B, KNN(k=5))
    torch.testing.assert_close(found_Bhw.sum((1, 2)), torch.ones(70))
    static_Bhw = targets_Nhw[CHOSEN_M].mean(0).expand(70, -1, -1)
    static = divergence(static_Bhw.log(), truth_Bhw)
    assert divergence(found_Bhw.clamp_min(1e-6).log(), truth_Bhw) < static / 2


def test_fewer_frames_than_neighbours_are_all_averaged() -> None:
    targets_Nhw = torch.full((3, *SHAPE), 1 / 20)
    found_Bhw = alike_maps(
        np.eye(3, dtype=np.float32), targets_Nhw, np.arange(2), np.array([2]), KNN()
    )
    torch.testing.assert_close(found_Bhw, targets_Nhw[:1])
