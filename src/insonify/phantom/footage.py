"""A planned sweep made visible: screens, structure boxes and gaze targets.

Legend: T shots, N points, H rows, W columns, Y rows and X columns of the screen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from insonify.core.video import Frames
from insonify.phantom.geometry import Pose
from insonify.phantom.look import Look
from insonify.phantom.overlay import draw_calipers, draw_colour, to_image
from insonify.phantom.planes import BACKGROUND, PLANES
from insonify.phantom.recording import MEASURES, Shot
from insonify.phantom.scanner import Scanner
from insonify.phantom.scene import Scene
from insonify.phantom.screen import Screen
from insonify.phantom.solids import Floats
from insonify.phantom.subject import Subject
from insonify.phantom.sweep import Approach
from insonify.phantom.tables import Row
from insonify.phantom.texture import Texture

BOX_EVERY_S = 0.5
"""Time between the frames whose structures are boxed."""
STRUCTURES = frozenset(
    {
        *("skull", "midline", "cavum", "cerebellum", "cisterna_magna", "thalamus"),
        *("nose", "upper_lip", "lower_lip", "chin", "orbit", "lung", "thymus"),
        *("heart", "left_ventricle", "right_ventricle", "left_atrium", "right_atrium"),
        *("stomach", "liver", "gallbladder", "bladder", "kidney", "femur", "humerus"),
        *("placenta",),
    }
)
"""What is boxed: structures made of one solid, or of a left and a right one."""
VISIBLE_MM = 8.0
"""Landmarks this near to the image plane are looked at: part of what they stand for,
or of what surrounds it, is seen."""
SMALLEST_PX = 3
"""Boxes narrower than this are left out: the plane only grazes the structure."""


@dataclass(frozen=True, kw_only=True)
class Footage:
    """One sweep of one subject, ready to be drawn.

    Attributes:
        subject: Who.
        look: With what.
        texture: Noise volumes.
        approaches: What is seen.
        seed: The data set's seed.
        sweep: Number of the sweep within the exam.
        fps: Frames a second.
    """

    subject: Subject
    look: Look
    texture: Texture
    approaches: list[Approach]
    seed: int
    sweep: int
    fps: float

    def generator(self, purpose: int) -> np.random.Generator:
        """A generator of this sweep's own for one purpose."""
        return np.random.default_rng(
            (self.seed, 4, self.subject.number, self.sweep, purpose)
        )

    def screen(self, number: int) -> Screen:
        """The interface round approach ``number``."""
        return Screen(
            device=self.approaches[number].device,
            maker=self.look.maker,
            probe=self.look.probe,
            subject=f"ID {self.subject.name.upper()}",
            clock_s=36000 + 600 * self.subject.number + 60 * self.sweep,
        )

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the image on the screen, (x, y) in pixels."""
        box = self.screen(0).box
        return box.left + box.width / 2, box.top + box.height / 2

    def screens(self, shots: Sequence[Shot]) -> Iterator[Frames]:
        """Draw every shot: RGB (Y, X, 3)."""
        tick = 0
        for number, group in groupby(shots, key=lambda shot: shot.approach):
            screen, image_HW, drawn = self.screen(number), None, -1
            scanner = self._scanner(number)
            for shot in group:
                if image_HW is None or shot.index != drawn:
                    pose, time_s = self._moment(shot)
                    image_HW = scanner.frame(pose, time_s, shot.contact)
                    drawn = shot.index
                frame = screen.compose(image_HW, tick / self.fps, shot.frozen)
                yield self._annotated(frame, image_HW, screen, shot)
                tick += 1

    def boxes(self, shots: Sequence[Shot]) -> list[Row]:
        """Boxes of structures in frames that show a plane, every half second.

        Returns:
            Rows of time, structure, left, top, right, bottom in pixels of the screen.
        """
        rows: list[Row] = []
        step = max(1, round(BOX_EVERY_S * self.fps))
        for tick in range(0, len(shots), step):
            if shots[tick].view not in (None, BACKGROUND):
                rows += self._boxes_of(shots[tick], tick / self.fps)
        return rows

    def targets(self, shots: Sequence[Shot]) -> list[Floats]:
        """Where every shot shows landmarks of its nearest plane on the screen: (N, 2).

        Most important first; those that the image only grazes, or not at all, are left
        out, so there may be none.
        """
        return [self._landmarks(shot) for shot in shots]

    def _scanner(self, number: int) -> Scanner:
        noise, device = self.generator(number), self.approaches[number].device
        return Scanner(self.subject.body, device, self.texture, noise)

    def _moment(self, shot: Shot) -> tuple[Pose, float]:
        path = self.approaches[shot.approach].path
        return path.pose(shot.index), float(path.times_s_T[shot.index])

    def _annotated(
        self, frame_YX3: Frames, image_HW: Frames, screen: Screen, shot: Shot
    ) -> Frames:
        pose, _ = self._moment(shot)
        fan = screen.device.fan
        if shot.colour:
            heart = self.subject.heart.frame
            return draw_colour(frame_YX3, image_HW, screen, heart, pose)
        if shot.calipers == 0 or shot.view is None:
            return frame_YX3
        measure = MEASURES[shot.view]
        part = self.subject.frames[measure.part]
        ends_23 = np.stack([part.point(measure.start), part.point(measure.end)])
        length_mm = float(np.linalg.norm(ends_23[1] - ends_23[0]))
        ends_22 = to_image(ends_23, pose, fan)
        text = f"{measure.name} {shot.calipers * length_mm:.1f}mm"
        return draw_calipers(frame_YX3, screen.box, ends_22, text, shot.calipers)

    def _boxes_of(self, shot: Shot, time_s: float) -> list[Row]:
        pose, heart_s = self._moment(shot)
        screen = self.screen(shot.approach)
        box, fan = screen.box, screen.device.fan
        rows: list[Row] = []
        for scene in (
            self.subject.body.still,
            Scene(self.subject.heart.solids(heart_s)),
        ):
            for name, cut_4 in zip(scene.names, scene.boxes(pose), strict=True):
                if name not in STRUCTURES or np.isnan(cut_4[0]):
                    continue
                corners_22 = fan.to_pixels(cut_4.reshape(2, 2))
                low_2 = np.maximum(corners_22[0], 0)
                high_2 = np.minimum(corners_22[1], (box.width, box.height))
                if np.all(high_2 - low_2 >= SMALLEST_PX):
                    place = np.concatenate([low_2, high_2]) + [box.left, box.top] * 2
                    rows.append((time_s, name, *map(float, place)))
        return rows

    def _landmarks(self, shot: Shot) -> Floats:
        approach, (pose, _) = self.approaches[shot.approach], self._moment(shot)
        plane = PLANES[approach.nearest[shot.index]]
        screen, frame = self.screen(shot.approach), self.subject.frames[plane.part]
        points_N3 = np.stack([frame.point(mark) for mark in plane.landmarks])
        places_N2 = to_image(points_N3, pose, screen.device.fan)
        box, off_N = screen.box, np.abs(pose.project(points_N3)[:, 1])
        inside_N2 = (places_N2 >= 0) & (places_N2 < (box.width, box.height))
        shown_N = inside_N2.all(1) & (off_N < VISIBLE_MM)
        corner_2 = np.array((box.left, box.top), np.float32)
        shown_N2: Floats = places_N2[shown_N] + corner_2
        return shown_N2
