"""Physics of the image: what real B-mode shows, and what the design asks for."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from insonify.phantom.acoustics import Device, transmission
from insonify.phantom.geometry import Fan, Pose
from insonify.phantom.mother import AbdominalWall
from insonify.phantom.scanner import Body, Scanner
from insonify.phantom.scene import Scene
from insonify.phantom.solids import Floats, ellipsoid
from insonify.phantom.texture import Texture
from insonify.phantom.tissue import Tissue

EVEN = Tissue(0.0, 0.0, 0.0)
DEVICE = Device(tgc_dB_cm=0.0, noise_dB=-120.0, smoothing=0.0, persistence=0.0)
THIN = AbdominalWall(fat_mm=1.0, muscle_mm=1.0, uterus_mm=1.0)


def even_envelope(texture: Texture, device: Device, place: int) -> Floats:
    """The envelope of a block of even tissue."""
    block = ellipsoid("block", EVEN, (0, 0, 0), (9e3, 9e3, 9e3))
    body = Body(
        wall=THIN,
        still=Scene([block]),
        beating=lambda _: [],
        offset_3=np.zeros(3, np.float32),
    )
    scanner = Scanner(body, device, texture, np.random.default_rng(0))
    origin = np.array([17.3 * place, 5.1 * place, 9.7 * place], np.float32)
    pose = Pose(origin_3=origin, axes_33=np.eye(3, dtype=np.float32))
    return scanner.envelope(pose, 0.0)


def test_envelope_is_rayleigh_in_even_tissue(texture: Texture) -> None:
    """Fully developed speckle: mean over standard deviation is 1.91."""
    deep = [even_envelope(texture, DEVICE, place)[100:] for place in range(4)]
    ratios = [part.mean() / part.std() for part in deep]
    assert np.mean(ratios) == pytest.approx(1.91, abs=0.08)


def test_even_tissue_is_as_bright_deep_as_shallow(texture: Texture) -> None:
    envelopes = [even_envelope(texture, DEVICE, place) for place in range(6)]
    power = np.mean([envelope**2 for envelope in envelopes], axis=(0, 2))
    assert power[90:160].mean() == pytest.approx(power[250:].mean(), rel=0.12)
    wall_dB = 2 * 0.093 * 10  # 4.5 mm of wall at about 2 dB/cm, there and back
    assert power[90:].mean() == pytest.approx(10 ** (-wall_dB / 10), rel=0.12)


def width_mm(envelope_RL: Floats, radius_mm: float, device: Device) -> float:
    """Lateral half-width of the speckle's autocovariance, in millimetres."""
    centred = envelope_RL - envelope_RL.mean()
    lags = np.arange(20)
    curve = [
        np.mean(centred[:, : centred.shape[1] - lag] * centred[:, lag:]) for lag in lags
    ]
    half = float(np.interp(-0.5, -np.asarray(curve) / curve[0], lags))
    turn = np.deg2rad(device.fan.angle_deg) / (device.fan.lines - 1)
    return float(2 * half * turn * radius_mm)


def test_speckle_widens_with_depth_as_the_beam_does(texture: Texture) -> None:
    device = replace(DEVICE, frequency_mhz=3.0, fan=Fan(lines=288))
    shallow, deep = slice(100, 140), slice(260, 320)
    widths = []
    for rows in (shallow, deep):
        radius = float(device.fan.radii_R[rows].mean())
        found = [
            width_mm(even_envelope(texture, device, place)[rows], radius, device)
            for place in range(6)
        ]
        widths.append(float(np.mean(found)))
    depths = [device.fan.radii_R[rows].mean() - 50 for rows in (shallow, deep)]
    beams = [device.beam_fwhm_mm(float(depth)) for depth in depths]
    assert widths[1] > 1.4 * widths[0]
    assert widths[1] / widths[0] == pytest.approx(beams[1] / beams[0], rel=0.35)


def test_attenuation_is_the_loss_there_and_back() -> None:
    loss = np.full((101, 1), 2.0, np.float32)
    left = transmission(loss, step_mm=1.0)
    assert 20 * np.log10(left[99, 0]) == pytest.approx(-2 * 2.0 * 10, abs=0.05)


def test_compression_spans_the_dynamic_range() -> None:
    device = Device(dynamic_range_dB=60, gamma=1.0)
    levels = (10 ** (np.array([-40, -30, 0, 30, 40]) / 20)).astype(np.float32)
    grey = device.compress(levels[None])[0]
    np.testing.assert_allclose(grey, [0, 0, 127.5, 255, 255], atol=0.1)


def test_scan_conversion_agrees_with_general_interpolation() -> None:
    fan = Fan(samples=96, lines=48, size=(80, 100))
    polar = np.random.default_rng(0).random((96, 48)).astype(np.float32)
    image = fan.convert(polar)
    rows, columns = np.mgrid[:80, :100] + 0.5
    u = (columns - 50) * fan.mm_per_px
    w = rows * fan.mm_per_px + fan.top_mm + fan.radius_mm
    half = np.deg2rad(fan.angle_deg) / 2
    sample = (np.hypot(u, w) - fan.radius_mm) / fan.depth_mm * 95
    line = (np.arctan2(u, w) + half) / (2 * half) * 47
    slow = ndimage.map_coordinates(polar, [sample, line], order=1)
    np.testing.assert_allclose(image[fan.inside_HW], slow[fan.inside_HW], atol=1e-3)
    assert np.all(image[~fan.inside_HW] == 0)
    assert 0.4 < fan.inside_HW.mean() < 0.9


def test_pixels_of_plane_points_are_where_they_are_drawn() -> None:
    """A bright sample ends up at the pixel that ``to_pixels`` names."""
    fan = Fan(size=(224, 288))
    polar = np.zeros((fan.samples, fan.lines), np.float32)
    polar[200, 100] = 1
    radius, angle = float(fan.radii_R[200]), float(fan.angles_L[100])
    place = np.array([[radius * np.sin(angle), radius * np.cos(angle) - 50]])
    x, y = fan.to_pixels(place.astype(np.float32))[0]
    row, column = np.unravel_index(fan.convert(polar).argmax(), (224, 288))
    assert abs(row + 0.5 - y) < 1
    assert abs(column + 0.5 - x) < 2
