"""What one arm predicted, in arrays, all folds together.

Folds are pooled: every subject is tested in one fold, so the test predictions of all
folds together are one prediction for each frame and seed. Figures are computed on the
pool for each seed and averaged over seeds. AUROC therefore compares scores of models
of different folds, which lowers it a little where their scales differ.

Legend: N frames, C classes, S subjects, K seeds.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from insonify.core.errors import ReportError
from insonify.core.predictions import Predictions
from insonify.report import metrics
from insonify.report.metrics import Floats, Integers


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """The pooled test predictions of one arm, protocol and label fraction.

    Attributes:
        arm: Name of the arm.
        protocol: Name of the protocol.
        fraction: Share of the labelled training subjects that were used.
        seeds: The K seeds.
        subjects: Pseudonyms of the S tested subjects, sorted.
        frame_N: Number of each frame, the same for all arms of a file; increasing.
        subject_N: Position of each frame's subject in ``subjects``.
        truth_N: Position of each frame's class.
        probabilities_KNC: What was predicted.
    """

    arm: str
    protocol: str
    fraction: float
    seeds: tuple[int, ...]
    subjects: tuple[str, ...]
    frame_N: Integers
    subject_N: Integers
    truth_N: Integers
    probabilities_KNC: npt.NDArray[np.float32]

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.probabilities_KNC.shape[2])

    def confusion_KSCC(self) -> Floats:
        """Counts by seed, subject, true and most probable class (a tie: the first)."""
        return np.stack(
            [
                metrics.confusion_by_subject(
                    self.truth_N,
                    probabilities_NC.argmax(1),
                    self.subject_N,
                    len(self.subjects),
                    self.classes,
                )
                for probabilities_NC in self.probabilities_KNC
            ]
        )

    def of_subjects(self, subjects: tuple[str, ...]) -> "Evaluated":
        """The part that concerns the given subjects (sorted, all of them tested)."""
        if subjects == self.subjects:
            return self
        number = {subject: place for place, subject in enumerate(subjects)}
        new_S = np.array([number.get(subject, -1) for subject in self.subjects])
        kept_N = np.flatnonzero(new_S[self.subject_N] >= 0)
        return Evaluated(
            arm=self.arm,
            protocol=self.protocol,
            fraction=self.fraction,
            seeds=self.seeds,
            subjects=subjects,
            frame_N=self.frame_N[kept_N],
            subject_N=new_S[self.subject_N[kept_N]],
            truth_N=self.truth_N[kept_N],
            probabilities_KNC=self.probabilities_KNC[:, kept_N],
        )


def evaluate(predictions: Predictions) -> list[Evaluated]:
    """Pool the folds of every arm, protocol and label fraction, sorted in this order.

    Raises:
        ReportError: the seeds of an arm did not predict each frame exactly once.
    """
    rows = predictions.rows
    video_N, _ = _codes(rows["video"])
    times_N = rows["time_s"].to_numpy()
    place_N2 = np.stack([video_N.astype(np.float64), times_N], axis=1)
    _, frame_N = np.unique(place_N2, axis=0, return_inverse=True)
    arm_N, arms = _codes(rows["arm"])
    protocol_N, protocols = _codes(rows["protocol"])
    fraction_N = rows["fraction"].to_numpy()
    found = []
    for arm in np.argsort(arms):
        for protocol in np.argsort(protocols):
            mine_N = (arm_N == arm) & (protocol_N == protocol)
            for fraction in np.unique(fraction_N[mine_N]):
                here_N = np.flatnonzero(mine_N & (fraction_N == fraction))
                found.append(_pool(predictions, here_N, frame_N.reshape(-1)))
    return found


def _pool(predictions: Predictions, here_N: Integers, frame_N: Integers) -> Evaluated:
    part = predictions.rows.take(pa.array(here_N))
    seed_N = part["seed"].to_numpy()
    seeds = np.unique(seed_N)
    orders = []
    for seed in seeds:
        mine_N = np.flatnonzero(seed_N == seed)
        orders.append(mine_N[np.argsort(frame_N[here_N[mine_N]], kind="stable")])
    first = orders[0]
    frames_N = frame_N[here_N[first]]
    arm, protocol = part["arm"][0].as_py(), part["protocol"][0].as_py()
    for order in orders:
        if not np.array_equal(frame_N[here_N[order]], np.unique(frames_N)):
            raise ReportError(
                f"arm {arm!r}, protocol {protocol!r}: its seeds did not predict each "
                "frame exactly once; run `insonify transfer` with all seeds together"
            )
    subject_N, subjects = _codes(part["subject"])
    by_name_S = np.argsort(subjects)
    classes = {name: place for place, name in enumerate(predictions.classes)}
    truth_N, truths = _codes(part["truth"])
    class_of_truth = np.array([classes[name] for name in truths])
    probabilities_NC = predictions.probabilities_NC()[here_N]
    return Evaluated(
        arm=arm,
        protocol=protocol,
        fraction=part["fraction"][0].as_py(),
        seeds=tuple(int(seed) for seed in seeds),
        subjects=tuple(subjects[place] for place in by_name_S),
        frame_N=frames_N,
        subject_N=np.argsort(by_name_S)[subject_N[first]],
        truth_N=class_of_truth[truth_N[first]],
        probabilities_KNC=np.stack([probabilities_NC[order] for order in orders]),
    )


def _codes(column: pa.ChunkedArray) -> tuple[Integers, list[str]]:
    """Numbers for the values of a column, and the value of each number."""
    coded = pa.chunked_array(column).combine_chunks().dictionary_encode()
    indices = coded.indices.to_numpy(zero_copy_only=False)
    return indices.astype(np.int64), coded.dictionary.to_pylist()
