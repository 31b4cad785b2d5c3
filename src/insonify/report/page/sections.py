"""The tasks of a report, made of predictions files and of what stands beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.compute as pc

from insonify.core import predictions as planes
from insonify.core import saliency_predictions as saliency
from insonify.core.gallery import Gallery
from insonify.core.joining import PredictedRows
from insonify.report.page.cases import plane_cases
from insonify.report.page.examples import saliency_examples
from insonify.report.page.frame_pictures import FramePictures
from insonify.report.page.html import Section
from insonify.report.page.inputs import Inputs
from insonify.report.tables.groups import Groupings, groups_of_store, read_groups
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.saliency_table import build_saliency_table
from insonify.report.tables.subgroups import subgroups
from insonify.report.tables.table import build_table
from insonify.store import Store


@dataclass(frozen=True, kw_only=True)
class Making:
    """What sections are made with."""

    galleries: Sequence[Gallery]
    """Pictures of frames."""
    stores: Sequence[Path]
    """Stores that may know by what their videos are grouped."""
    groups: Path | None
    """Table of who belongs to which group."""
    options: ReportOptions

    def groups_of(self, found: PredictedRows) -> Groupings:
        """What is known of the subjects and videos that predictions are of.

        Raises:
            ReportError: the table cannot be read.
            StoreError: a store cannot be opened.
        """
        tested = set(pc.unique(found.rows["video"]).to_pylist())
        opened = [Store.open(path) for path in self.stores]
        parts = [
            groups_of_store(each, tested) for each in opened if each.id == found.store
        ]
        known: dict[str, dict[str, str]] = {}
        for part in [*parts, read_groups(self.groups)] if self.groups else parts:
            for name, its in part.items():
                known.setdefault(name, {}).update(its)
        return known


def make_sections(inputs: Inputs, making: Making) -> Iterator[Section]:
    """A section for each kind of predictions."""
    if inputs.planes:
        yield _planes(inputs.planes, making)
    if inputs.saliency:
        yield _saliency(inputs.saliency, making)


def _planes(paths: Sequence[Path], making: Making) -> Section:
    found = planes.concatenate([planes.read_predictions(path) for path in paths])
    groupings = subgroups(found, making.groups_of(found), making.options)
    table = replace(build_table(found, making.options), groupings=groupings)
    pictures = FramePictures(making.galleries, found.store)
    return Section(
        table=table,
        arms=found.arms,
        facts=found.facts,
        cases=plane_cases(found, table, pictures),
    )


def _saliency(paths: Sequence[Path], making: Making) -> Section:
    parts = [saliency.read_saliency(path) for path in paths]
    found = saliency.concatenate_saliency(parts)
    groupings = subgroups(found, making.groups_of(found), making.options)
    table = replace(build_saliency_table(found, making.options), groupings=groupings)
    pictures = FramePictures(making.galleries, found.store)
    return Section(
        table=table,
        arms=found.arms,
        facts=found.facts,
        examples=saliency_examples(found, table, pictures),
    )
