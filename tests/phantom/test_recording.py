from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.phantom.footage import Footage
from insonify.phantom.look import draw_look
from insonify.phantom.options import PhantomOptions
from insonify.phantom.planes import BACKGROUND, PLANES
from insonify.phantom.recording import MEASURES, Shot, bare, record, runs
from insonify.phantom.subject import Subject, draw_subject
from insonify.phantom.sweep import plan_sweep
from insonify.phantom.texture import Texture

OPTIONS = PhantomOptions(size=(96, 128), seconds=4)
FPS = OPTIONS.fps


def footage(texture: Texture, number: int, sweep: int) -> Footage:
    subject, look = draw_subject(0, number), draw_look(0, number, OPTIONS.size)
    return Footage(
        subject=subject,
        look=look,
        texture=texture,
        approaches=plan_sweep(subject, look, OPTIONS, sweep),
        seed=0,
        sweep=sweep,
        fps=FPS,
    )


@settings(deadline=None, derandomize=True)
@given(names=st.lists(st.sampled_from(["a", "b", None]), max_size=40))
def test_runs_cover_exactly_the_named_frames(names: list[str | None]) -> None:
    found: list[str | None] = [None] * len(names)
    for name, start, end in runs(names, 10.0):
        assert start < end
        for index in range(round(start * 10), round(end * 10)):
            found[index] = name
    assert found == names


def test_a_recording_without_interruptions_is_the_bare_frames(texture: Texture) -> None:
    approaches = footage(texture, 1, 0).approaches
    shots = record(approaches, FPS, False, np.random.default_rng(0))
    wanted = [shot for n, part in enumerate(approaches) for shot in bare(n, part)]
    assert shots == wanted


@pytest.mark.parametrize("seed", range(4))
def test_live_frames_stay_in_order_and_freezes_only_repeat(
    texture: Texture, seed: int
) -> None:
    approaches = footage(texture, seed, 3).approaches
    shots = record(approaches, FPS, True, np.random.default_rng(seed))
    live = [(shot.approach, shot.index) for shot in shots if not shot.frozen]
    wanted = [
        (n, i) for n, part in enumerate(approaches) for i in range(len(part.path))
    ]
    assert live == wanted
    for before, shot in pairwise(shots):
        if shot.frozen:
            assert (shot.approach, shot.index) == (before.approach, before.index)
            assert shot.view in MEASURES
        assert shot.frozen or shot.calipers == 0
        assert shot.contact == 1 or shot.view == BACKGROUND


def test_the_probe_is_off_the_skin_between_approaches_only(texture: Texture) -> None:
    plan = footage(texture, 1, 0)
    shots = record(plan.approaches, FPS, True, np.random.default_rng(0))
    lifted = runs([str(shot.contact < 1) for shot in shots], FPS)
    off = [run for run in lifted if run[0] == "True"]
    assert len(off) == len(plan.approaches) - 1
    assert lifted[0][0] == lifted[-1][0] == "False"


def test_frozen_images_stand_still_under_growing_calipers(texture: Texture) -> None:
    plan = footage(texture, 0, 0)
    start = Shot(approach=0, index=5, view="abdominal")
    frozen = [
        Shot(approach=0, index=5, view="abdominal", frozen=True, calipers=share)
        for share in (0.0, 0.0, 1.0)
    ]
    live, first, second, measured = plan.screens([start, *frozen])
    top, left, bottom, right = plan.screen(0).box
    image = (slice(top, bottom), slice(left, right))
    np.testing.assert_array_equal(live[image], first[image])
    np.testing.assert_array_equal(first, second)
    changed = np.any(measured[image] != first[image], axis=2).mean()
    assert 0.001 < changed < 0.1
    assert np.any(first != live)  # the freeze mark beside the image


def test_colour_is_on_the_heart_alone(texture: Texture) -> None:
    plan = footage(texture, 0, 0)
    index = plan.approaches[0].views.index("4ch")
    grey = next(plan.screens([Shot(approach=0, index=index, view="4ch")]))
    shot = Shot(approach=0, index=index, view="4ch", colour=True)
    spread = np.ptp(next(plan.screens([shot])).astype(int), axis=2)
    box = plan.screen(0).box
    area = spread[box.top : box.bottom, box.left : box.right]
    assert np.ptp(grey[box.top : box.bottom, box.left : box.right], axis=2).max() == 0
    assert 0.01 < np.mean(area > 40) < 0.2


def test_the_image_is_grey_and_the_interface_is_outside(texture: Texture) -> None:
    plan = footage(texture, 0, 0)
    shots = bare(0, plan.approaches[0])[:2]
    first, second = plan.screens(shots)
    screen = plan.screen(0)
    assert first.shape == (*screen.size, 3)
    assert first.dtype == np.uint8
    outside = np.ones(screen.size, bool)
    outside[screen.box.top : screen.box.bottom, screen.box.left : screen.box.right] = 0
    np.testing.assert_array_equal(first[outside], second[outside])
    assert np.mean(first[outside].max(1) > 100) > 0.01
    later = screen.compose(first[..., 0][:96, :128], 7.0)
    assert np.any(later[outside] != first[outside])  # the clock went on


def test_boxes_hold_what_they_name(texture: Texture, subject: Subject) -> None:
    plan = footage(texture, 0, 0)
    index = plan.approaches[0].views.index("abdominal")
    shot = Shot(approach=0, index=index, view="abdominal")
    boxes = {str(row[1]): row[2:] for row in plan.boxes([shot])}
    left, top, right, bottom = (float(value) for value in boxes["stomach"])
    frame = next(plan.screens([shot]))[..., 0].astype(float)
    middle = frame[int(top + 2) : int(bottom - 1), int(left + 2) : int(right - 1)]
    liver_left, liver_top, liver_right, liver_bottom = (
        int(float(value)) for value in boxes["liver"]
    )
    assert (
        middle.mean()
        < 0.5 * frame[liver_top:liver_bottom, liver_left:liver_right].mean()
    )
    assert subject.body.still.names.count("stomach") == 1
    assert plan.boxes([Shot(approach=0, index=0, view=BACKGROUND)]) == []


def test_visible_landmarks_of_the_nearest_plane_are_on_the_screen(
    texture: Texture,
) -> None:
    plan = footage(texture, 0, 0)
    shots = bare(0, plan.approaches[0])
    box = plan.screen(0).box
    found = plan.targets(shots)
    for shot, places in zip(shots, found, strict=True):
        assert np.all(places >= (box.left, box.top))
        assert np.all(places < (box.right, box.bottom))
        if shot.view in PLANES:
            assert 0 < len(places) <= len(PLANES[shot.view].landmarks)
    between = [len(p) for s, p in zip(shots, found, strict=True) if s.view is None]
    assert np.mean(between) > 0, "eyes also rest on anatomy between the planes"


def test_landmarks_off_the_image_plane_are_not_looked_at(texture: Texture) -> None:
    plan = footage(texture, 0, 0)
    approach = plan.approaches[0]
    away_T3 = approach.path.origins_T3 + 50 * approach.path.axes_T33[:, 1]
    gone = replace(
        plan,
        approaches=[
            replace(approach, path=replace(approach.path, origins_T3=away_T3)),
            *plan.approaches[1:],
        ],
    )
    assert not any(map(len, gone.targets(bare(0, approach))))
