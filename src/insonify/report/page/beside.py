"""What a report shows besides its tables: stores, runs, galleries and audits."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from insonify.core.audit_rows import AuditRows, read_audit
from insonify.core.gallery import Gallery, read_gallery
from insonify.report.page.clip_kinds import kinds_of_clip
from insonify.report.page.data_flow import DataFlow, measure_flow
from insonify.report.page.flow_page import flow_said
from insonify.report.page.gallery_page import gallery_said
from insonify.report.page.inputs import Inputs
from insonify.report.page.run_record import RunRecord, read_run
from insonify.report.page.runs_page import runs_said
from insonify.report.tables.options import ReportOptions
from insonify.store import Store


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What a report shows besides tasks, in the order of the page."""

    galleries: tuple[Gallery, ...] = ()
    audits: tuple[AuditRows, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    flows: tuple[DataFlow, ...] = ()
    """One for each store."""
    options: ReportOptions = field(default_factory=ReportOptions)
    """How intervals of audits are made."""


def read_beside(inputs: Inputs, options: ReportOptions) -> Beside:
    """Read all inputs but predictions.

    Clips of a store are counted as the runs that learnt from it took them.

    Raises:
        ReportError: a file is missing or damaged.
        StoreError: a store cannot be read.
    """
    runs = tuple(read_run(path) for path in inputs.runs)
    stores = [Store.open(path) for path in inputs.stores]
    return Beside(
        galleries=tuple(read_gallery(path) for path in inputs.galleries),
        audits=tuple(read_audit(path) for path in inputs.audits),
        runs=runs,
        flows=tuple(
            measure_flow(
                store,
                kinds_of_clip([run.options for run in runs if run.store == store.id]),
            )
            for store in stores
        ),
        options=options,
    )


def said_beside(beside: Beside) -> Iterator[tuple[str, str]]:
    """Name and one sentence of each part."""
    for gallery in beside.galleries:
        yield "Frames", gallery_said(gallery)
    for audit in beside.audits:
        asked = ", ".join(each.name for each in audit.questions)
        yield "Audit", f"{audit.facts.get('recipe', '')}: {asked}."
    if beside.runs:
        yield "Pretraining", runs_said(beside.runs)
    for flow in beside.flows:
        yield "Data", flow_said(flow)
