"""The surest frames of an arm are those with the highest probabilities."""

import numpy as np

from insonify.report.page.cases import SHOWN, plane_cases
from insonify.report.page.frame_pictures import FramePictures
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.table import build_table
from tests.report.material import small_gallery, small_predictions


def test_the_surest_are_found_one_of_each_video() -> None:
    predictions, gallery = small_predictions(), small_gallery()
    table = build_table(predictions, ReportOptions(resamples=1000))
    pictures = FramePictures([gallery], "00ff")
    found = plane_cases(predictions, table, pictures)
    assert [cases.arm for cases in found] == ["siamese", "random"]
    rows = [
        row
        for row in predictions.rows.to_pylist()
        if (row["arm"], row["protocol"], row["fraction"]) == ("siamese", "linear", 1.0)
    ]
    for right in (True, False):
        best: dict[str, float] = {}
        for row in rows:
            scores = row["probabilities"]
            decided = predictions.classes[int(np.argmax(scores))]
            if (decided == row["truth"]) is right:
                video = row["video"]
                best[video] = max(best.get(video, 0.0), *scores)
        cases = found[0].right if right else found[0].wrong
        assert len(cases) == min(SHOWN, len(best))
        confidences = [case.confidence for case in cases]
        assert confidences == sorted(best.values(), reverse=True)[:SHOWN]
        assert all(case.right is right for case in cases)
        assert all(case.picture.startswith("data:image/jpeg;") for case in cases)
    assert found[0].frames == len(rows)


def test_without_pictures_of_its_store_there_are_no_cases() -> None:
    predictions = small_predictions()
    table = build_table(predictions, ReportOptions(resamples=1000))
    for galleries in ([], [small_gallery("of another")]):
        pictures = FramePictures(galleries, "00ff")
        assert not pictures
        assert plane_cases(predictions, table, pictures) == ()
