"""Small galleries, run folders and predictions that tests of the page are made of."""

import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from insonify.core.audit_rows import SCHEMA as AUDIT_ROWS
from insonify.core.audit_rows import AuditRows, Condition, Question
from insonify.core.gallery import SCHEMA, Gallery
from insonify.core.predictions import SCHEMA as ROWS
from insonify.core.predictions import Predictions

CLASSES = ("</script><b>", "background", "brain")
ARMS: dict[str, dict[str, Any]] = {
    "siamese": {
        "baseline": "random",
        "checkpoints": [
            {"recipe": "demo", "steps": 40, "seed": 0, "fold": f, "subjects": 8}
            for f in (0, 1)
        ],
    },
    "random": {"baseline": None, "architecture": "resnet10_half", "size": [32, 40]},
}
SUBJECTS, FRAMES = 24, 3
SIZE = (12, 15)


def truth_of(subject: int, frame: int) -> str:
    return CLASSES[(subject + frame) % 3]


def small_predictions() -> Predictions:
    """Two arms, two protocols, two shares of labels, 24 subjects."""
    generator = np.random.default_rng(0)
    rows = []
    for arm, protocol, fraction in (
        (arm, protocol, fraction)
        for arm in ARMS
        for protocol in ("knn", "linear")
        for fraction in (0.5, 1.0)
    ):
        for number in range(SUBJECTS):
            for frame in range(FRAMES):
                scores = generator.random(3)
                scores[(number + frame) % 3] += 0.7 * (arm == "siamese")
                rows.append(
                    {
                        "arm": arm,
                        "protocol": protocol,
                        "split": "two",
                        "fold": number % 2,
                        "seed": 0,
                        "fraction": fraction,
                        "subject": f"s-{number:02d}",
                        "video": f"v-{number:02d}",
                        "time_s": frame / 2,
                        "truth": truth_of(number, frame),
                        "probabilities": (scores / scores.sum()).tolist(),
                    }
                )
    return Predictions(
        task="plane",
        classes=CLASSES,
        store="00ff",
        arms=ARMS,
        facts={"insonify": "0.1.0"},
        rows=pa.Table.from_pylist(rows, schema=ROWS),
    )


def picture(grey: int) -> bytes:
    """A JPEG of one grey level."""
    file = io.BytesIO()
    Image.fromarray(np.full(SIZE, grey, np.uint8)).save(file, "JPEG")
    return file.getvalue()


def small_gallery(
    store: str = "00ff", *, labelled: bool = True, agreement: bool = True
) -> Gallery:
    """A frame of every row of :func:`small_predictions`, on a circle by class."""
    frames = [(n, k) for n in range(SUBJECTS) for k in range(FRAMES)]
    truths = [truth_of(*frame) for frame in frames]
    rows = []
    for place, (number, frame) in enumerate(frames):
        angle = 2 * math.pi * (CLASSES.index(truths[place]) / 3 + place / 2000)
        others = [n for n, (subject, _) in enumerate(frames) if subject != number]
        near = sorted(others, key=lambda n: (n * 7919 + place) % 101)[:4]
        rows.append(
            {
                "subject": f"s-{number:02d}",
                "video": f"v-{number:02d}",
                "time_s": frame / 2,
                "truth": truths[place] if labelled else "",
                "x": 0.9 * math.cos(angle),
                "y": 0.9 * math.sin(angle),
                "neighbours": near,
                "similarities": [0.9 - 0.1 * k for k in range(4)],
                "thumbnail": picture(3 * place),
            }
        )
    found = {"value": 0.5, "low": 0.4, "high": 0.6, "chance": 0.3, "subjects": 24}
    return Gallery(
        task="plane" if labelled else "",
        classes=CLASSES if labelled else (),
        store=store,
        arm="siamese",
        facts={
            "insonify": "0.1.0",
            "split": "two",
            "fold": 0,
            "role": "test",
            "method": "t-SNE",
            "perplexity": 5.0,
            "seed": 0,
            "available": 100,
            "taken": len(rows),
            "agreement": found if agreement and labelled else None,
        },
        size=SIZE,
        rows=pa.Table.from_pylist(rows, schema=SCHEMA),
    )


def write_run(
    folder: Path,
    *,
    options: dict[str, Any] | None = None,
    store: str = "00ff",
    steps: int = 20,
    finished: bool = True,
    tail: str = "",
) -> Path:
    """A run folder as `insonify pretrain` leaves it, without weights."""
    asked = {"recipe": "demo", "batch": 10, "fold": 0, "seed": 0, **(options or {})}
    folder.mkdir(parents=True)
    config = {"store": store, "options": asked, "store_versions": {"frames": 3}}
    (folder / "config.json").write_text(json.dumps(config))
    environment = {"python": "3.11.7", "packages": {"insonify": "0.1.0"}}
    (folder / "environment.json").write_text(json.dumps(environment))
    lines = []
    for step in range(1, steps + 1):
        loss = 5.0 / step + asked["fold"]
        row = {"step": step, "loss": loss, "order.loss": loss, "order.accuracy": 0.1}
        row |= {"learning_rate": 0.01, "clips_a_second": 100.0, "data_wait": 0.0}
        row |= {"held_out.knn": step / 100} if step % 5 == 0 else {}
        lines.append(json.dumps(row))
    (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n" + tail)
    if finished:
        (folder / "checkpoint").mkdir()
        card = {"provenance": {"recipe": asked.get("recipe"), "subjects": ["s-00"]}}
        (folder / "checkpoint" / "checkpoint.json").write_text(json.dumps(card))
    return folder


def small_audit() -> AuditRows:
    """One question of two classes: right on real clips, blind without anatomy."""
    rows = [
        {
            "question": "order",
            "condition": condition,
            "clip": clip,
            "subject": f"s-{clip // 4}",
            "motion": float(clip),
            "truth": [float(clip % 2)],
            "answer": [float(clip % 2 if condition == "real" else 0)],
        }
        for condition in ("real", "noise")
        for clip in range(40)
    ]
    return AuditRows(
        store="00ff",
        questions=(Question(name="order", classes=("forwards", "backwards")),),
        conditions=(
            Condition(name="real", meaning="real", says="as taught"),
            Condition(name="noise", meaning="empty", says="<noise>"),
        ),
        facts={"recipe": "demo"},
        rows=pa.Table.from_pylist(rows, schema=AUDIT_ROWS),
    )
