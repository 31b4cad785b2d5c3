"""A pretrained encoder among scikit-learn's tools: cross-validation, search, pipeline.

python examples/sklearn_frames.py OUT
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from synthetic import labelled_frames, make_encoder, make_store

from insonify import KNN, FrameClassifier, FrameFeatures


def main(out: Path) -> None:
    """Compare classifiers on subjects that they never saw, then keep one."""
    store = make_store(out)
    encoder = make_encoder(store, out)
    data = labelled_frames(store)
    frames, labels, subjects = data.frames, data.labels, data.subjects
    print(f"{len(frames)} frames of {len(set(subjects))} subjects")

    # Subjects, never frames, are split: frames of one sweep are nearly alike.
    folds = GroupKFold(3)
    for protocol in ("linear", "knn"):
        classifier = FrameClassifier(encoder, protocol)
        scores = cross_val_score(
            classifier, frames, labels, groups=subjects, cv=folds, scoring="f1_macro"
        )
        print(f"{protocol}: macro F1 {scores.mean():.3f}")

    search = GridSearchCV(
        FrameClassifier(encoder),
        {"protocol": ["linear", KNN(k=5), KNN(k=20)]},
        cv=folds,
        scoring="f1_macro",
    )
    search.fit(frames, labels, groups=subjects)
    print(f"best of all: {search.best_params_['protocol']}")

    # Features for any other estimator.
    pipeline = make_pipeline(
        FrameFeatures(encoder), StandardScaler(), LogisticRegression(max_iter=1000)
    )
    scores = cross_val_score(
        pipeline, frames, labels, groups=subjects, cv=folds, scoring="f1_macro"
    )
    print(f"pipeline: macro F1 {scores.mean():.3f}")

    # With groups, the probe chooses its penalty on subjects too. No pickle is kept.
    best = FrameClassifier(encoder).fit(frames, labels, groups=subjects)
    best.save(out / "classifier")
    again = FrameClassifier.load(out / "classifier")
    same = np.array_equal(again.predict(frames), best.predict(frames))
    print(f"saved and loaded: {'the same answers' if same else 'other answers'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
