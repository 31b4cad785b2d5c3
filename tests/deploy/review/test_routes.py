"""Every address, asked as a browser asks and as an attacker does."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from insonify.deploy.review.desk import Desk
from insonify.deploy.review.options import ServeOptions
from insonify.deploy.review.server import guarded, routed
from insonify.store import Store
from tests.deploy.conftest import FRAMES, TIMES_S
from tests.deploy.review.conftest import ADA, VIDEO, Client

LABEL = {"label": "small", "start_s": 0.54, "end_s": 0.7, "author": ADA}


def test_the_list_of_scans(client: Client, spots: Store) -> None:
    rows = client.get("/api/scans").json()
    assert [row["video"] for row in rows] == sorted(spots.frames().video_ids)
    row = next(row for row in rows if row["video"] == VIDEO)
    assert row == {
        "video": VIDEO,
        "subject": "s-1",
        "exam": row["exam"],
        "frames": FRAMES,
        "duration_s": pytest.approx(TIMES_S[-1] - TIMES_S[0] + 0.04, abs=1e-3),
        "thumbnail": 6,
        "labelled_s": pytest.approx(row["duration_s"]),
        "labels": {"large": 1},
        "best_doubt": None,
    }


def test_a_scan(client: Client) -> None:
    scan = client.get(f"/api/scan/{VIDEO}").json()
    assert scan["times_s"] == [round(t, 3) for t in TIMES_S.tolist()]
    assert (scan["height"], scan["width"], scan["frames"]) == (60, 72, FRAMES)
    assert scan["classes"] == ["large", "small"]
    assert (scan["task"], scan["similar"], scan["saliency"]) == ("spot", False, False)
    assert scan["segments"] == [0] * FRAMES


def test_a_frame_is_the_stored_one(client: Client, spots: Store) -> None:
    index = spots.frames()
    first = int(index.starts_V()[index.video_ids.index(VIDEO)])
    for i in (0, 5, FRAMES - 1):
        answer = client.get(f"/api/frame/{VIDEO}/{i}")
        assert answer.content == spots.read_images(index.row_N[[first + i]])[0]
        assert answer.headers["content-type"] == "image/png"
        assert "immutable" in answer.headers["cache-control"]
        assert "private" in answer.headers["cache-control"]


def test_a_thumbnail_is_small(client: Client) -> None:
    answer = client.get(f"/api/thumbnail/{VIDEO}/2")
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (72, 60)


def test_labels_undo_and_redo(client: Client, tmp_path: Path) -> None:
    before = client.get(f"/api/labels/{VIDEO}", params={"author": ADA}).json()
    assert [one["label"] for one in before["stretches"]] == ["large"]
    assert not before["can_undo"]
    assert not before["can_redo"]
    after = client.post(f"/api/labels/{VIDEO}", LABEL).json()
    assert [one["label"] for one in after["stretches"]] == ["large", "small", "large"]
    assert after["stretches"][1]["author"] == ADA
    assert (after["can_undo"], after["can_redo"]) == (True, False)
    other = client.get(f"/api/labels/{VIDEO}", params={"author": "Ben"}).json()
    assert not other["can_undo"]
    stored = Store.open(tmp_path / "store").stretches(VIDEO, "spot")
    assert [one.label for one in stored] == ["large", "small", "large"]
    undone = client.post(f"/api/undo/{VIDEO}", {"author": ADA}).json()
    assert undone["stretches"] == before["stretches"]
    assert (undone["can_undo"], undone["can_redo"]) == (False, True)
    redone = client.post(f"/api/redo/{VIDEO}", {"author": ADA}).json()
    assert redone == after
    assert client.post(f"/api/redo/{VIDEO}", {"author": ADA}).status_code == 400


def test_labels_hold_for_the_very_frames_that_were_shown(client: Client) -> None:
    """Times go out with three decimals and come back so; no frame is lost by that."""
    times = client.get(f"/api/scan/{VIDEO}").json()["times_s"]
    body = {**LABEL, "start_s": times[2], "end_s": times[5]}
    found = client.post(f"/api/labels/{VIDEO}", body).json()["stretches"]
    spans = [(one["label"], one["start_s"], one["end_s"]) for one in found]
    assert spans == [
        ("large", times[0], times[1]),
        ("small", times[2], times[5]),
        ("large", times[6], times[-1]),
    ]


def test_clearing_leaves_nothing(client: Client) -> None:
    body = {"label": None, "start_s": None, "end_s": None, "author": ADA}
    assert client.post(f"/api/labels/{VIDEO}", body).json()["stretches"] == []
    row = next(r for r in client.get("/api/scans").json() if r["video"] == VIDEO)
    assert (row["labelled_s"], row["labels"]) == (0, {})


def test_a_class_can_be_added_once_and_keeps_its_digit(client: Client) -> None:
    for _ in range(2):
        state = client.post("/api/classes", {"label": "a new one"}).json()
    assert state["classes"] == ["large", "small", "a new one"]
    body = {**LABEL, "label": "a new one"}
    assert client.post(f"/api/labels/{VIDEO}", body).status_code == 200
    state = client.get("/api/state").json()
    assert state["classes"] == ["large", "small", "a new one"]
    assert state["author_hint"] == ADA
    assert state["store"] == {"videos": 12, "subjects": 6, "frames": 144}


def test_without_features_it_is_said_why(client: Client) -> None:
    planes = client.get(f"/api/planes/{VIDEO}").json()
    assert planes["probabilities"] is None
    assert "insonify embed" in planes["why"]
    for path in (f"/api/similar/{VIDEO}/0", f"/api/saliency/{VIDEO}/0", "/api/queue"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json()["why"]
    assert client.get("/api/curve").json() == []
    assert client.post("/api/refit", {}).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/frame/v-9999/0",
        "/api/frame/..%2f..%2fetc%2fpasswd/0",
        "/api/frame/%2e%2e/0",
        f"/api/frame/{VIDEO}/-1",
        f"/api/frame/{VIDEO}/12",
        f"/api/frame/{VIDEO}/{10**30}",
        f"/api/frame/{VIDEO}/1.5",
        f"/api/frame/{VIDEO}/1e1",
        f"/api/frame/{VIDEO}/%D9%A1",
        f"/api/frame/{VIDEO}/0%00",
        f"/api/frame/{VIDEO}/ 1",
        f"/api/thumbnail/{VIDEO}/99",
        "/api/scan/' OR 1=1 --",
        "/api/labels/v-9999",
        "/api/export/..",
        "/api/nothing/here",
        "/api/",
    ],
)
def test_what_is_not_there_is_not_found(
    client: Client, path: str, tmp_path: Path
) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"why"}
    assert str(tmp_path) not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("count", ["0", "-1", "101", "1.5", "x", "", "9" * 40, "٣"])
def test_counts_are_counts(client: Client, count: str) -> None:
    answer = client.get("/api/queue", params={"count": count})
    assert answer.status_code == 400


NONSENSE = {
    "reversed": {"start_s": 1.0, "end_s": 0.5},
    "between frames": {"start_s": 1.0, "end_s": 1.2},
    "before the video": {"start_s": -9, "end_s": -8},
    "text for a time": {"start_s": "0"},
    "truth for a time": {"start_s": True},
    "a huge time": {"start_s": 10**400},
    "unknown class": {"label": "giraffe"},
    "a number for a label": {"label": 3},
    "no author": {"author": ""},
    "a long author": {"author": "x" * 41},
    "an author with a line": {"author": "a\nb"},
    "a lone surrogate": {"author": "\ud800"},
    "a field too many": {"task": "other"},
}


@pytest.mark.parametrize("change", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_refused_and_changes_nothing(
    client: Client, change: dict[str, object], tmp_path: Path
) -> None:
    answer = client.post(f"/api/labels/{VIDEO}", {**LABEL, **change})
    assert answer.status_code == 400
    assert set(answer.json()) == {"why"}
    assert len(Store.open(tmp_path / "store").reviews()) == 0


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        ('{"label": NaN}', {}, 400),
        (json.dumps(LABEL).replace("0.54", "NaN"), {}, 400),
        (json.dumps(LABEL).replace("0.54", "1e999"), {}, 400),
        ("[" * 60_000, {}, 400),
        ("[]", {}, 400),
        ("", {}, 400),
        (b"\xff\xfe", {}, 400),
        (json.dumps(LABEL), {"Content-Type": "text/plain"}, 415),
        (json.dumps(LABEL), {"Content-Type": None}, 415),
        ("x" * 70_000, {}, 413),
    ],
)
def test_bodies_are_small_json(
    client: Client, content: str | bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post(f"/api/labels/{VIDEO}", content=content, headers=headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"why"}


def test_only_get_and_post(client: Client) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        headers = {"Origin": f"http://{client.host}"}
        assert client.ask(method, "/api/state", headers=headers).status_code == 405
    assert client.get("/api/undo/v-0003").status_code in (404, 405)


def test_a_failure_of_ours_shows_nothing(
    desk: Desk, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail() -> None:
        raise RuntimeError(f"{tmp_path}/secret")

    monkeypatch.setattr(desk, "curve", fail)
    answer = client.get("/api/curve")
    assert answer.status_code == 500
    assert str(tmp_path) not in answer.text
    assert "terminal" in answer.json()["why"]


def test_what_the_encoder_sees(clever: Desk) -> None:
    client = Client(guarded(routed(clever), ServeOptions()))
    state = client.get("/api/state").json()
    assert (state["heads"], state["checkpoint"]) == ("ready", "resnet10_half")
    scan = client.get(f"/api/scan/{VIDEO}").json()
    assert scan["similar"]
    assert scan["saliency"]
    planes = client.get(f"/api/planes/{VIDEO}").json()
    table_CT = np.array(planes["probabilities"])
    assert planes["classes"] == ["large", "small"]
    assert table_CT.shape == (2, FRAMES)
    np.testing.assert_allclose(table_CT.sum(0), 1, atol=2e-3)
    assert set(planes["best"]) == {"large", "small"}
    heat = Image.open(io.BytesIO(client.get(f"/api/saliency/{VIDEO}/3").content))
    assert (heat.mode, heat.size) == ("RGBA", (72, 60))
    similar = client.get(f"/api/similar/{VIDEO}/3", params={"count": 5}).json()
    assert len({hit["video"] for hit in similar}) == 5
    assert VIDEO not in {hit["video"] for hit in similar}
    assert all(hit["labels"] in (["small"], ["large"]) for hit in similar)
    assert similar == sorted(similar, key=lambda hit: -hit["similarity"])
    assert client.get("/api/queue", params={"count": 4}).json() == []  # all is labelled
    before = state["version"]
    fitted = client.post("/api/refit", {}).json()
    assert fitted["version"] == before + 1
    assert fitted["labels"] > 0
    assert client.get("/api/curve").json()[-1]["macro_f1"] == fitted["macro_f1"]
