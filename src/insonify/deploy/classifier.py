"""Frames in, classes out: a pretrained encoder as an estimator of scikit-learn.

Legend: N training frames, B predicted frames, H rows, W columns, D features, C classes.
"""

import copy
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from insonify.core.errors import ConfigError
from insonify.deploy.classifier_folder import read_classifier, write_classifier
from insonify.deploy.embedding.embed import BATCH
from insonify.deploy.frame_encoder import FrameEncoder, load_encoder
from insonify.deploy.learnt import features
from insonify.deploy.views import FrameLike, is_list
from insonify.deploy.ways import learn_classes, way_of
from insonify.transfer.course import Course
from insonify.transfer.examples import Floats
from insonify.transfer.knn import KNN
from insonify.transfer.linear import LinearProbe


class FrameClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classes of ultrasound frames by a pretrained encoder, for scikit-learn.

    It learns as `insonify transfer planes` does: on the frozen encoder by a linear
    probe or nearest neighbours, or with it (finetune). Works in ``Pipeline``,
    ``GridSearchCV`` and ``cross_val_score``; split subjects, not frames, by
    ``GroupKFold``.

    In a pickle, for joblib within a session, are the parameters, the encoder's weights
    and card, and what was learnt: a probe's arrays, the features and labels of the
    training frames (knn), or the fine-tuned weights. Frames and ``groups`` are not.
    A pickle executes code when it is read: to keep or hand on a classifier, use
    :meth:`save`.

    Args:
        encoder: A run or checkpoint folder, or an encoder that is loaded, of which a
            copy is taken.
        protocol: ``"linear"``, ``"knn"`` or ``"finetune"`` with its defaults; or
            ``LinearProbe(…)``, ``KNN(…)`` or ``Course(…)`` with options.
        seed: Seed of all chance; global generators are left alone.
        batch: Frames encoded at a time; changes speed and memory only.

    Attributes:
        classes_: The classes, sorted, (C,).
        learnt_: What was learnt.
    """

    def __init__(
        self,
        encoder: Path | str | FrameEncoder,
        protocol: Literal["linear", "knn", "finetune"]
        | LinearProbe
        | KNN
        | Course = "linear",
        *,
        seed: int = 0,
        batch: int = BATCH,
    ) -> None:
        self.encoder = encoder
        self.protocol = protocol
        self.seed = seed
        self.batch = batch

    def fit(
        self, X: FrameLike, y: npt.ArrayLike, groups: npt.ArrayLike | None = None
    ) -> Self:
        """Learn classes from frames.

        Args:
            X: Grey frames of any size, uint8 (N, H, W), or a list of N frames (H, W)
                that differ in size.
            y: The class of each frame.
            groups: The subject of each frame. The strength of the linear probe's
                penalty is chosen in cross-validation over them; None: over frames,
                which lets frames of one subject stand on both sides and chooses too
                weak a penalty where a subject has several.

        Raises:
            CheckpointError: the encoder cannot be loaded.
            ConfigError: they are no grey frames, or fewer or more than labels.
            DivergedError: fine-tuning diverges; lower its learning rate.
            ValueError: labels are no classes, as scikit-learn sees it.
        """
        way = way_of(self.protocol)
        _require_frames(X)
        labels_N = column_or_1d(y, warn=True)
        check_classification_targets(labels_N)
        subjects_N = _subjects(len(labels_N), groups)
        if not 0 < len(X) == len(labels_N) == len(subjects_N):
            raise ConfigError(
                f"wanted a label, and with groups a subject, for each frame; found "
                f"{len(X)} frames, {len(labels_N)} labels, {len(subjects_N)} groups"
            )
        classes, codes_N = np.unique(labels_N, return_inverse=True)
        self.learnt_ = learn_classes(
            way,
            _own(self.encoder),
            X,
            codes_N.astype(np.int64),
            subjects_N=subjects_N,
            batch=self.batch,
            seed=self.seed,
        )
        self.classes_ = classes
        return self

    def predict_proba(self, X: FrameLike) -> Floats:
        """Class probabilities of frames: (B, C), columns as in ``classes_``.

        Raises:
            ConfigError: they are no grey frames.
            sklearn.exceptions.NotFittedError: nothing was learnt yet.
        """
        check_is_fitted(self)
        _require_frames(X)
        found_BC: Floats = self.learnt_.probabilities(X, self.batch)
        return found_BC

    def predict(self, X: FrameLike) -> npt.NDArray[Any]:
        """The most probable class of each frame: (B,); errors as predict_proba's."""
        found_BC = self.predict_proba(X)
        classes: npt.NDArray[Any] = self.classes_[found_BC.argmax(1)]
        return classes

    def save(self, folder: Path | str) -> None:
        """Keep what was learnt in a new folder: safetensors and JSON, no pickle.

        It stands alone: the encoder is in it. So are the names of the classes and, of
        knn, the features of the training frames; frames and ``groups`` are not.

        Raises:
            ConfigError: the folder is there already, or a class is neither text nor a
                number.
            sklearn.exceptions.NotFittedError: nothing was learnt yet.
        """
        check_is_fitted(self)
        way = way_of(self.protocol)
        write_classifier(Path(folder), self.learnt_, way, self.classes_)

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """Read what :meth:`save` wrote; ``encoder`` is that in the folder.

        Raises:
            CheckpointError: it is missing, damaged or of another version.
        """
        learnt, way, classes = read_classifier(Path(folder))
        found = cls(learnt.encoder, way)
        found.learnt_, found.classes_ = learnt, classes
        return found

    def __sklearn_tags__(self) -> Any:
        return _of_frames(super().__sklearn_tags__())


class FrameFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Features of ultrasound frames by a pretrained encoder, for pipelines.

    Nothing is learnt, so ``Pipeline(…, memory=FOLDER)`` encodes frames once.

    Args:
        encoder: A run or checkpoint folder, or an encoder that is loaded, of which a
            copy is taken.
        batch: Frames encoded at a time; changes speed and memory only.
    """

    def __init__(
        self, encoder: Path | str | FrameEncoder, *, batch: int = BATCH
    ) -> None:
        self.encoder = encoder
        self.batch = batch

    def fit(self, X: FrameLike, y: Any = None) -> Self:  # noqa: ARG002
        """Load the encoder.

        Raises:
            CheckpointError: it cannot be loaded.
        """
        self.encoder_ = _own(self.encoder)
        return self

    def transform(self, X: FrameLike) -> Floats:
        """Features of frames: float32 (B, D).

        Args:
            X: Grey frames of any size, uint8 (B, H, W), or a list of frames (H, W).

        Raises:
            ConfigError: they are no grey frames.
            sklearn.exceptions.NotFittedError: no encoder is loaded yet.
        """
        check_is_fitted(self)
        _require_frames(X)
        return features(self.encoder_, X, self.batch)

    def __sklearn_tags__(self) -> Any:
        return _of_frames(super().__sklearn_tags__())


def _of_frames(tags: Any) -> Any:
    tags.input_tags.two_d_array = False
    tags.input_tags.three_d_array = True
    return tags


def _own(encoder: Path | str | FrameEncoder) -> FrameEncoder:
    """An encoder that nobody else has, so that nobody else changes it."""
    if isinstance(encoder, FrameEncoder):
        return copy.deepcopy(encoder)
    return load_encoder(encoder)


def _require_frames(frames: Any) -> None:
    """Refuse a single frame, and what is no sequence of frames, at once."""
    if is_list(frames):
        return
    shape = tuple(getattr(frames, "shape", ()))
    if len(shape) not in (3, 4):
        raise ConfigError(
            "wanted frames of shape (N, H, W) or a list of them, found "
            f"{shape or type(frames).__name__}"
        )


def _subjects(count: int, groups: npt.ArrayLike | None) -> npt.NDArray[np.str_]:
    """Whose each frame is; without groups each stands for itself."""
    return np.arange(count).astype(str) if groups is None else np.asarray(groups, str)
