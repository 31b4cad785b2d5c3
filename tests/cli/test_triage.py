"""``insonify triage`` over a store whose content is known."""

import base64
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from insonify.cli.main import run
from insonify.cli.triage_page import as_html
from insonify.cli.triage_strips import cut_strips, motion_strips
from insonify.core.video import Video
from insonify.ingest.triage import TriageOptions, thresholds
from insonify.ingest.triage.found import read_facts, summarise
from insonify.store import Store, StoreSettings

NewVideo = Callable[..., Video]


@pytest.fixture
def triaged(tmp_path: Path, new_video: NewVideo) -> Store:
    """Three videos: one with a cut and an overlay, a dull one, one from long ago."""
    busy, dull, old = (new_video(n, frames=24) for n in (1, 2, 3))
    segments_T = np.repeat([0, 1], 12).astype(np.int32)
    kept = thresholds(TriageOptions(colour=0.02))
    looked = {"frames_read": 40, "duplicates": 10, "colour": 6, "cuts": 1}
    busy = replace(
        busy,
        segments_T=segments_T,
        facts={**looked, "overlay_pixels": 9, "colour_most": 0.4, "thresholds": kept},
    )
    still = {"frames_read": 24, "duplicates": 0, "colour": 0, "cuts": 0}
    dull = replace(
        dull,
        motion_T=dull.motion_T * np.float32(0.01),
        facts={**still, "colour_most": 0.0, "thresholds": kept},
    )
    old = replace(old, facts={"frames_read": 30, "duplicates": 6, "cuts": 0})
    store = Store.create(tmp_path / "triaged", StoreSettings())
    videos = (busy, dull, old)
    store.commit([store.write_video(v, f"f-{n}") for n, v in enumerate(videos)])
    return store


def test_what_each_rule_found(triaged: Store) -> None:
    found = {each.rule.count: each for each in summarise(read_facts(triaged))}
    assert found["duplicates"].total == 16
    assert found["duplicates"].videos == ("v-0001", "v-0003")
    assert found["duplicates"].shares == (10 / 40, 0, 6 / 30)
    assert found["colour"].thresholds == {"colour": (0.02,)}
    assert len(found["colour"].counts) == 2  # not looked for in the old video
    assert found["overlay_pixels"].shares == (9,)


def test_the_table_and_the_page(
    triaged: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["triage", str(triaged.path), "--out", str(tmp_path / "folder")]
    assert run(words) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "duplicate 16 frames dropped 2 of 3 duplicate 0.15" in shown
    assert "1 of 2 (1 not" in shown
    assert "72 of 94 frames are kept" in shown
    page = (tmp_path / "folder" / "triage.html").read_text()
    assert "Both sides of cuts" in page
    assert "no frame of a patient" not in page
    assert run(words) == 2
    assert run([*words, "--overwrite"]) == 0
    assert run(["triage", str(triaged.path)]) == 0


def test_charts_count_every_video_once(triaged: Store) -> None:
    facts = read_facts(triaged)
    page = as_html(triaged, facts, summarise(facts))
    charts = re.findall(
        r"<figcaption>([^<]+)</figcaption>\s*<div[^>]*><script[^>]*>(.*?)</script>",
        page,
    )
    bars = {title: json.loads(chart) for title, chart in charts}
    assert sum(bars["duplicate: share of frames"]["data"][0]["y"]) == 3
    assert sum(bars["colour flow: share of frames"]["data"][0]["y"]) == 2
    marks = bars["largest share of coloured pixels"]["layout"]["shapes"]
    assert [mark["x0"] for mark in marks] == [0.02]
    assert "black: share of frames" not in bars  # nothing was found


def test_strips_show_least_and_most_motion_and_both_sides_of_a_cut(
    triaged: Store,
) -> None:
    assert motion_strips(triaged, most=False)[0].title.startswith("v-0002")
    assert not motion_strips(triaged, most=True)[0].title.startswith("v-0002")
    (cut,) = cut_strips(triaged)
    data = cut.picture.removeprefix("data:image/jpeg;base64,")
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert picture.shape == cut.size[::-1]
    frames = triaged.read_frames(np.arange(9, 15))  # of the first of three videos
    step = 200 + 4  # tiles of 150 rows, 4 pixels apart
    for place, frame_HW in enumerate(frames):
        tile = picture[:, place * step : place * step + 200].astype(float)
        whole = np.asarray(Image.fromarray(frame_HW).resize((200, 150)), float)
        assert np.abs(tile - whole).mean() < 12


def test_a_store_without_videos_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Store.create(tmp_path / "empty", StoreSettings())
    assert run(["triage", str(tmp_path / "empty")]) == 2
    assert "insonify ingest" in capsys.readouterr().err
