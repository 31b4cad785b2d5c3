"""What holds after a log of decisions.

Legend: P rows of a pile, S cells between neighbouring bounds, later stretches.
"""

from collections import Counter
from dataclasses import fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insonify.store.reviews import Stretch
from insonify.store.rows import LABELS, REVIEWS, WRITE

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]
_COLUMNS = [name for name in LABELS.names if name != WRITE.name]


def in_order(log: pa.Table) -> pa.Table:
    """Each event once, oldest first; within a millisecond by event."""
    log = log.sort_by([("unix_ms", "ascending"), ("event", "ascending")])
    event_P = log["event"].to_numpy()
    new_P = np.ones(len(log), bool)
    new_P[1:] = event_P[1:] != event_P[:-1]
    return log.filter(pa.array(new_P))


def taken_back(log: pa.Table) -> set[str]:
    """The events that an undo names which is not taken back itself."""
    named = log.filter(pc.is_valid(log["undoes"])).select(["event", "undoes"])
    target_of = dict(zip(*named.to_pydict().values(), strict=True))
    waiting = Counter(target_of.values())
    ready = [event for event in target_of if not waiting[event]]
    gone: set[str] = set()
    while ready:
        event = ready.pop()
        target = target_of[event]
        if event not in gone:
            gone.add(target)
        waiting[target] -= 1
        if not waiting[target] and target in target_of:
            ready.append(target)
    return gone


def folded(labels: pa.Table, log: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Labels that came with ingest, changed by the decisions that stand.

    Args:
        labels: The former.
        log: The latter, from :func:`in_order`.

    Returns:
        The labels of the videos and tasks that no decision is about, as they are, and
        what holds of the others: see :func:`holding`.
    """
    log = _decisions(log)
    touched = pc.is_in(_keys(labels), value_set=pc.unique(_keys(log)))
    changed = holding(labels.filter(touched), log).select(_COLUMNS)
    return labels.filter(pc.invert(touched)), changed


def holding(labels: pa.Table, log: pa.Table) -> pa.Table:
    """What holds: disjoint stretches by video, task and start, with their origin.

    Args:
        labels: What came with ingest; a later row wins where two overlap.
        log: Decisions, from :func:`in_order`; they win over labels and earlier ones.

    Returns:
        Columns as in the log; author, unix_ms and event are null where a stretch came
        with ingest. Where one was cut by another, its bound is the next number.
    """
    known = [
        labels[field.name]
        if field.name in _COLUMNS
        else pa.nulls(len(labels), field.type)
        for field in REVIEWS
    ]
    pile = pa.concat_tables([pa.table(known, schema=REVIEWS), _decisions(log)])
    row_S, start_S, end_S = _left(pile)
    rest = pile.take(pa.array(row_S))
    for name, bound_S in (("start_s", start_S), ("end_s", end_S)):
        bounds = pa.array(bound_S, mask=np.isinf(bound_S))
        rest = rest.set_column(
            rest.column_names.index(name), REVIEWS.field(name), bounds
        )
    return rest.filter(pc.is_valid(rest["label"]))


def as_stretches(rows: pa.Table) -> list[Stretch]:
    """The rows of :func:`holding`, of one video and task."""
    columns = rows.select([field.name for field in fields(Stretch)])
    return [Stretch(**row) for row in columns.to_pylist()]


def _decisions(log: pa.Table) -> pa.Table:
    """Those that stand."""
    gone = pa.array(sorted(taken_back(log)), pa.string())
    undone = pc.or_(pc.is_valid(log["undoes"]), pc.is_in(log["event"], value_set=gone))
    return log.filter(pc.invert(undone))


def _keys(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(rows["video"], rows["task"], "\0")


def _left(pile: pa.Table) -> tuple[_Integers, _Floats, _Floats]:
    """Row, first and last second of what is left of each row after all later ones.

    Rows are painted from the last to the first, each upon the cells that are still
    bare: ``next_S`` leads from a painted cell to the next bare one.
    """
    start_P = pc.fill_null(pile["start_s"], -np.inf).to_numpy()
    end_P = pc.fill_null(pile["end_s"], np.inf).to_numpy()
    group_P = _ranks(_keys(pile))
    first_P, stop_P, bound_S = _cells(group_P, start_P, np.nextafter(end_P, np.inf))
    # Labels of ingest were not checked: an end before the start covers nothing.
    none_P = ~(start_P <= end_P) | (start_P == np.inf) | (end_P == -np.inf)
    row_S = _painted(first_P, np.where(none_P, first_P, stop_P), len(bound_S))
    begins = np.flatnonzero(np.diff(row_S, prepend=-1))
    ends = np.append(begins[1:], len(row_S))
    owned = row_S[begins] >= 0
    begins, ends = begins[owned], ends[owned]
    end_S = bound_S[ends]
    end_S = np.where(np.isinf(end_S), end_S, np.nextafter(end_S, -np.inf))
    return row_S[begins], bound_S[begins], end_S


def _ranks(keys: pa.ChunkedArray) -> _Integers:
    """Of each key its place among the different ones, sorted."""
    found = keys.combine_chunks().dictionary_encode()
    order = pc.sort_indices(found.dictionary).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    number_P: _Integers = found.indices.to_numpy()
    return rank[number_P]


def _cells(
    group_P: _Integers, start_P: _Floats, stop_P: _Floats
) -> tuple[_Integers, _Integers, _Floats]:
    """Cell at which each row begins, the one at which it stops, and where cells begin.

    A cell reaches to the next one's beginning; what lies before ``stop_P`` is the
    row's. Behind a group's last bound is a cell that no row has.
    """
    bounds, groups = np.concatenate([start_P, stop_P]), np.tile(group_P, 2)
    order = np.lexsort((bounds, groups))
    bounds, groups = bounds[order], groups[order]
    new = np.diff(groups, prepend=-1) != 0
    new[1:] |= bounds[1:] != bounds[:-1]
    cell = np.empty(len(order), np.int64)
    cell[order] = np.cumsum(new) - 1
    return cell[: len(group_P)], cell[len(group_P) :], bounds[new]


def _painted(first_P: _Integers, stop_P: _Integers, cells: int) -> _Integers:
    """Of each cell the last row that covers it; -1 where there is none."""
    row_S, next_S = [-1] * cells, list(range(cells + 1))
    rows = list(zip(first_P.tolist(), stop_P.tolist(), strict=True))
    for row in range(len(rows) - 1, -1, -1):
        first, stop = rows[row]
        cell = _bare(next_S, first)
        while cell < stop:
            row_S[cell], next_S[cell] = row, cell + 1
            cell = _bare(next_S, cell)
    return np.array(row_S, np.int64)


def _bare(next_S: list[int], cell: int) -> int:
    """The first cell from this one on that is bare; the way there is halved."""
    while next_S[cell] != cell:
        next_S[cell] = next_S[next_S[cell]]
        cell = next_S[cell]
    return cell
