"""Is the encoder learning, or collapsing? Seen while it trains, not guessed after.

Legend: N frames, B batch, T frames of a clip, H rows, W columns, D features.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import Generator, Tensor, nn

from insonify.clips.loader import ClipLoader, FrameReader
from insonify.model.encoder import Encoder
from insonify.pretext import FrameOrder, PretextTask
from insonify.pretext.baselines import shortest_path_order
from insonify.pretext.frame_order import order_class
from insonify.pretext.task import full_answer
from insonify.store import Store
from insonify.store.frames import Integers
from insonify.store.splits import Roles


def rank_me(features_ND: Tensor) -> float:
    """Effective rank of features: exp of the entropy of their singular values.

    Garrido et al., RankMe, ICML 2023, equation 1. From 1 (collapsed to a line) to D.
    """
    values = torch.linalg.svdvals(features_ND.double())
    share = values / values.sum().clamp_min(1e-12) + 1e-12
    return float(torch.exp(-(share * share.log()).sum()))


@torch.inference_mode()
def encode(encoder: nn.Module, frames_NHW: Tensor, batch: int = 64) -> Tensor:
    """Features of uint8 frames in evaluation mode: (N, D), on the CPU."""
    device = next(encoder.parameters()).device
    before = encoder.training
    encoder.eval()
    parts = [encoder(part.to(device)).cpu() for part in torch.split(frames_NHW, batch)]
    encoder.train(before)
    return torch.cat(parts)


@dataclass(frozen=True, kw_only=True)
class Probe:
    """Frames of subjects held out from training, with or without labels."""

    frames_NHW: Tensor
    train_N: np.ndarray
    """Whether a frame belongs to a training subject (and may be a neighbour)."""
    labels_N: np.ndarray | None

    def measure(self, encoder: nn.Module) -> dict[str, float]:
        """Feature rank and, where there are labels, k-NN balanced accuracy."""
        if isinstance(encoder, Encoder) and encoder.channels > 1:
            encoder = encoder.collapse()
        features_ND = encode(encoder, self.frames_NHW)
        found = {"rank": rank_me(features_ND)}
        if self.labels_N is not None:
            unit_ND = torch.nn.functional.normalize(features_ND, dim=1).numpy()
            train, held = self.train_N, ~self.train_N
            knn = KNeighborsClassifier(min(20, int(train.sum())), weights="distance")
            knn.fit(unit_ND[train], self.labels_N[train])
            guess = knn.predict(unit_ND[held])
            found["knn"] = _balanced(self.labels_N[held], guess)
        return found


def build_probe(
    store: Store, roles: Roles, task: str | None, size: tuple[int, int], frames: int
) -> Probe:
    """Choose at most ``frames`` evenly spaced frames for a probe.

    Labelled frames of training and validation subjects if ``task`` names labels that
    both have; else any frames of the validation subjects, or of the training subjects
    where there is no validation.
    """
    index = store.frames()
    reader = FrameReader(store, size)
    train, held = index.of_subjects(roles.train), index.of_subjects(roles.validation)
    if task is not None:
        found = store.frame_labels(task)
        label_of = dict(zip(found.positions.tolist(), found.labels, strict=True))
        parts = [
            _spread(part[np.isin(part, found.positions)], frames // 2)
            for part in (train, held)
        ]
        if all(len(part) for part in parts):
            chosen = np.concatenate(parts)
            return Probe(
                frames_NHW=reader.read(chosen),
                train_N=np.arange(len(chosen)) < len(parts[0]),
                labels_N=np.array([label_of[p] for p in chosen.tolist()]),
            )
    chosen = _spread(held if len(held) else train, frames)
    nobody = np.zeros(len(chosen), bool)
    return Probe(frames_NHW=reader.read(chosen), train_N=nobody, labels_N=None)


@torch.inference_mode()
def pretext_scores(
    model: nn.Module,
    tasks: Mapping[str, PretextTask],
    loader: ClipLoader,
    batches: int,
) -> dict[str, float]:
    """Scores of the tasks on held-out clips, with the shortest-path baseline.

    Every call asks the same questions.
    """
    device = next(model.parameters()).device
    before = model.training
    model.eval()
    found: list[dict[str, float]] = []
    for number in range(batches):
        clips_BTHW = loader.read(number).to(device).float() / 255
        generator = Generator().manual_seed(number)
        answers = {
            name: full_answer(task, clips_BTHW, task.sample(len(clips_BTHW), generator))
            for name, task in tasks.items()
        }
        views = {name: tasks[name].apply(clips_BTHW, answers[name]) for name in tasks}
        outputs = model(views)
        scores = {
            f"{name}.{score}": value
            for name, task in tasks.items()
            for score, value in task.score(outputs[name], answers[name]).items()
        }
        for name, task in tasks.items():
            if isinstance(task, FrameOrder):
                guess_B = shortest_path_order(views[name])
                truth_B = order_class(answers[name]["order"].to(device))
                right = (guess_B == truth_B).float().mean().item()
                scores[f"{name}.shortest_path"] = right
        found.append(scores)
    model.train(before)
    return {
        name: float(np.mean([scores[name] for scores in found])) for name in found[0]
    }


def _spread(positions: Integers, count: int) -> Integers:
    """At most ``count`` of the positions, evenly spaced."""
    if len(positions) <= count:
        return positions.astype(np.int64)
    return positions[np.linspace(0, len(positions) - 1, count).astype(np.int64)]


def _balanced(truth_N: np.ndarray, guess_N: np.ndarray) -> float:
    """Mean recall over the classes that occur."""
    classes = np.unique(truth_N)
    return float(np.mean([np.mean(guess_N[truth_N == c] == c) for c in classes]))
