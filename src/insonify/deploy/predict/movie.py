"""The video of a scan whose probabilities are known.

Legend: T frames, C classes, h rows and w columns of maps.
"""

import numpy as np

from insonify.deploy.look import MOST_CLASSES, Layout, Look
from insonify.deploy.movie_file import MovieFile
from insonify.deploy.overlay import Overlay
from insonify.deploy.picture import Footer, Painter
from insonify.deploy.predict.predictor import Model
from insonify.deploy.scan import Piece, Scan
from insonify.deploy.strip import Strip
from insonify.deploy.timeline import Timeline
from insonify.transfer.examples import Floats

_USE = "For research use only. Not a medical device."


class Painting:
    """Draws a scan's pieces, in their order, as ``insonify render`` does."""

    def __init__(
        self, scan: Scan, model: Model, timeline: Timeline, table_TC: Floats
    ) -> None:
        self.scan, self.model, self.timeline = scan, model, timeline
        self.painter, self.done = _painter(scan, model, timeline, table_TC), 0

    @property
    def shape_HW(self) -> tuple[int, int]:
        """Rows and columns of the pictures."""
        return self.painter.layout.shape_HW

    def add(self, piece: Piece, movie: MovieFile) -> None:
        """Draw the next piece."""
        predictor = self.model.predictor
        views_BHW = predictor.views(piece.frames_BHW, self.scan.rectangle)
        maps_Bhw = predictor.saliency(views_BHW)
        for frame_HW, map_hw, time_s in zip(
            piece.frames_BHW, maps_Bhw, piece.times_s_B.tolist(), strict=True
        ):
            picture = self.painter.paint(self.done, frame_HW, map_hw, None)
            movie.add(picture, time_s - self.timeline.begin_s)
            self.done += 1


def _painter(scan: Scan, model: Model, timeline: Timeline, table_TC: Floats) -> Painter:
    look, classes = Look(), model.predictor.classes
    # Where there is no room for all: those that are most probable at some time.
    best = np.argsort(-table_TC.max(0), kind="stable")[:MOST_CLASSES]
    shown = sorted(best.tolist())
    layout = Layout.of(look, scan.shape_HW, len(shown), labels=False)
    seen = model.seen(scan)
    recipe = model.about.get("recipe", "unknown")
    lines = (f"{_USE}  insonify predict, encoder {recipe}.", f"{seen}.")
    return Painter(
        layout=layout,
        overlay=Overlay(
            frame_HW=scan.shape_HW,
            rectangle=scan.rectangle,
            size=model.predictor.size,
            drawn_HW=(layout.frame.height, layout.frame.width),
            opacity=look.opacity,
        ),
        timeline=timeline,
        strip=Strip(timeline, look.strip_s),
        footer=Footer(lines=lines, warn=not seen.honest),
        names=tuple(classes[place] for place in shown),
        task=model.task,
        table_TC=table_TC[:, shown],
        heat=True,
        rings=False,
    )
