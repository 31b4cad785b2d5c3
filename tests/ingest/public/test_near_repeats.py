"""Groups of near repeats, against pairs compared one by one, and on real images."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from insonify.ingest.public.near_repeats import (
    LEAST_CORRELATION,
    MOST_BITS,
    near_repeats,
)


def test_copies_of_copies_are_one_group(tmp_path: Path, draw: Any) -> None:
    first = draw.still(tmp_path / "0.png", 0)
    with Image.open(first) as image:
        image.resize((60, 50)).save(tmp_path / "1.png")
        image.save(tmp_path / "2.jpg", quality=30)
    draw.still(tmp_path / "3.png", 1)
    (tmp_path / "4.png").write_bytes(b"")
    (tmp_path / "5.png").write_bytes(b"no image")
    paths = sorted(tmp_path.iterdir())
    groups = near_repeats(paths)
    assert groups[0] == groups[1] == groups[2]
    assert len({groups[0], *groups[3:]}) == 4
    assert near_repeats([]) == []


def slowly(paths: list[Path]) -> list[set[int]]:
    """Groups by comparing pairs and merging sets until nothing changes."""
    small = [
        np.asarray(
            Image.open(path).convert("L").resize((32, 32), Image.Resampling.BOX), float
        )
        for path in paths
    ]
    steps = (2 * np.arange(32) + 1) * np.pi / 64
    waves = (
        np.cos(np.outer(np.arange(8), steps))
        * np.where(np.arange(8), 1, 0.5**0.5)[:, None]
    )
    strengths = [(waves @ one @ waves.T).ravel()[1:] for one in small]
    bits = [strength > np.median(strength) for strength in strengths]
    groups = [{place} for place in range(len(paths))]
    for one in range(len(paths)):
        for other in range(one):
            alike = np.corrcoef(small[one].ravel(), small[other].ravel())[0, 1]
            apart = int((bits[one] != bits[other]).sum())
            if alike > LEAST_CORRELATION and apart <= MOST_BITS:
                joined = [group for group in groups if group & {one, other}]
                groups = [group for group in groups if not group & {one, other}]
                groups.append(set().union(*joined))
    return groups


def test_groups_of_real_muscles(shared_data: Path) -> None:
    paths = sorted((shared_data / "muscle_masks" / "images").glob("*.png"))[:80]
    groups = near_repeats(paths)
    found = [{p for p, g in enumerate(groups) if g == group} for group in set(groups)]
    assert sorted(found, key=min) == sorted(slowly(paths), key=min)
    assert 1 < len(found) < len(paths)


def test_patients_are_not_mixed_up(shared_data: Path) -> None:
    paths = sorted((shared_data / "gallbladder" / "training_data").glob("*.jpg"))[:300]
    subjects = [path.name.split("_")[0] for path in paths]
    groups = near_repeats(paths)
    members: dict[int, set[str]] = {}
    for subject, group in zip(subjects, groups, strict=True):
        members.setdefault(group, set()).add(subject)
    assert all(len(found) == 1 for found in members.values())
