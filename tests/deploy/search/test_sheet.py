import base64
import csv
import io
import re

import numpy as np
import pytest
from PIL import Image

from insonify.deploy.search.asked import Asked, asked_frame
from insonify.deploy.search.listing import Listing
from insonify.deploy.search.search import Search
from insonify.deploy.search.sheet import contact_sheet
from insonify.store import Label, Store
from tests.deploy.search.conftest import SIDE, Archive


@pytest.fixture(scope="module")
def listing(archive: Archive) -> Listing:
    """Of a search for a labelled frame in all videos."""
    search = Search.open(archive.store, archive.features)
    (vector_D,) = archive.features.read(np.array([95]))
    return Listing.of(archive.store, search.near(vector_D, 8))


def test_a_csv_says_everything(archive: Archive, listing: Listing) -> None:
    found = list(csv.DictReader(io.StringIO(listing.csv().decode())))
    assert [int(row["rank"]) for row in found] == list(range(1, 9))
    known = archive.store.frame_labels("plane")
    labels = dict(zip(known.positions.tolist(), known.labels, strict=True))
    for row, hit in zip(found, listing.hits, strict=True):
        assert (row["video"], row["subject"]) == (hit.video, hit.subject)
        assert int(row["frame"]) == hit.frame
        assert float(row["time_s"]) == pytest.approx(hit.time_s, abs=5e-4)
        assert float(row["similarity"]) == pytest.approx(hit.similarity, abs=1e-6)
        assert row["label plane"] == labels.get(hit.position, "")
    assert found[0]["label plane"] == "head"


def test_tasks_are_named_where_there_are_several(
    store: Store, archive: Archive, listing: Listing
) -> None:
    assert listing.said(0) == "head"
    video = store.frames().video_ids[0]
    store.commit(labels=[Label(video=video, task="organ", label="liver")])
    search = Search.open(archive.store, archive.features)
    first = search.near(np.ones(16), 1)[0]
    hit = type(first)(**vars(first) | {"position": 3})
    again = Listing.of(Store.open(store.path), [hit])
    assert again.said(0) == "organ=liver, texture=coarse"


def pictures(page: str) -> list[Image.Image]:
    addresses = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page)
    return [Image.open(io.BytesIO(base64.b64decode(each))) for each in addresses]


def test_a_sheet_shows_what_was_asked_and_what_was_found(
    archive: Archive, listing: Listing
) -> None:
    asked = asked_frame(archive.store, archive.features, 95)
    page = contact_sheet(archive.store, asked, listing, {"frames": "<all>"})
    first, *found = pictures(page)
    (frame_HW,) = archive.store.read_frames(np.array([95]))
    assert first.size == (SIDE, SIDE)
    assert np.abs(np.asarray(first).astype(int) - frame_HW).max() <= 2
    assert len(found) == len(listing.hits)
    for hit in listing.hits:
        assert f"{hit.video}@{hit.time_s:.2f}s" in page
        assert f"{hit.similarity:.4f}" in page
        assert hit.subject in page
    assert "&lt;all&gt;" in page
    assert "<all>" not in page
    # Nothing can be loaded from anywhere.
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|<script|@import|url\(", page)


def test_a_picture_of_no_store_has_no_name(archive: Archive, listing: Listing) -> None:
    picture_HW = np.full((900, 1200), 90, np.uint8)
    asked = Asked(vector_D=np.ones(16, np.float32), picture_HW=picture_HW)
    page = contact_sheet(archive.store, asked, listing, {})
    assert pictures(page)[0].size == (320, 240)
    assert "Frames like a picture" in page


def test_an_empty_sheet_says_so(archive: Archive) -> None:
    asked = asked_frame(archive.store, archive.features, 95)
    empty = Listing.of(archive.store, [])
    page = contact_sheet(archive.store, asked, empty, {})
    assert "No frame is what was wanted." in page
    assert empty.csv().decode().count("\n") == 1
