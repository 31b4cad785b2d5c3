"""Is a plane found in a video, whichever of its frames are named right?

A run of tested frames that are decided as one class is a detection, a run of tested
frames that are of one class is an event. Only tested frames are known: transfer takes
at most ``frames_per_video`` labelled frames of a video, evenly spaced, so an event or a
false alarm between two of them is not seen, and times are known to about that spacing.

Legend: N frames, C classes, S subjects, K seeds, R resamples.
"""

import numpy as np

from insonify.report.tables import metrics
from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.event_counts import EventCount, FoundEvents
from insonify.report.tables.metrics import Booleans, Floats, ratio
from insonify.report.tables.statistics import resample_outcomes
from insonify.report.tables.stretches import GAP, Line, on_line


def event_figures(
    evaluated: Evaluated,
    counts_RS: Floats,
    foreground_C: Booleans,
    tolerance_s: float,
) -> dict[str, Floats]:
    """Figures of events on every resample: name to (R, K).

    ``event_f1``, ``event_precision``, ``event_recall``: a detection is right if its
    centre lies within ``tolerance_s`` of an event of its class, each event and each
    detection counted once; means over the classes that occur. ``best_frame``: of the
    videos that hold a class, the share whose most probable frame is of it (frames of
    equal probability share the answer), mean over classes; ``best_frame_near``: is
    within ``tolerance_s`` of a frame of it. ``false_alarms``: detections without an
    event, a minute of scanned time. Empty where no video holds frames of two classes:
    there labels are of whole videos.
    """
    if not has_events(evaluated):
        return {}
    line = on_line(evaluated, 2 * tolerance_s)
    minutes_R = counts_RS @ scanned_s(evaluated, line) / 60
    count = EventCount(evaluated, line, foreground_C, tolerance_s)
    by_seed = [
        _figures(count.of_seed(seed), counts_RS, minutes_R)
        for seed in range(len(evaluated.seeds))
    ]
    return {
        name: np.stack([each[name] for each in by_seed], axis=1) for name in by_seed[0]
    }


def has_events(evaluated: Evaluated) -> bool:
    """Whether some video holds tested frames of two classes."""
    video_N, truth_N = evaluated.video_N, evaluated.truth_N
    same_N = video_N[1:] == video_N[:-1]
    return bool((same_N & (truth_N[1:] != truth_N[:-1])).any())


def scanned_s(evaluated: Evaluated, line: Line) -> Floats:
    """Seconds that tested frames stand for, by subject: (S,).

    The steps between a video's tested frames, gaps left out, and one median spacing for
    each stretch. A video of one tested frame has no spacing and counts as nothing.
    """
    stands_N = np.where(line.starts_N, line.spacing_s_N, line.step_s_N)
    known_N = np.isfinite(stands_N)
    subjects = len(evaluated.subjects)
    sum_S = np.bincount(evaluated.subject_N[known_N], stands_N[known_N], subjects)
    return np.asarray(sum_S, np.float64)


def _figures(
    found: FoundEvents, counts_RS: Floats, minutes_R: Floats
) -> dict[str, Floats]:
    events_RC = resample_outcomes(counts_RS, found.events_SC)
    videos_RC, best_RC, near_RC = (
        counts_RS @ found.retrieved_SC3[:, :, place] for place in range(3)
    )
    return {
        "event_f1": metrics.macro(metrics.f1s(events_RC)),
        "event_precision": metrics.macro(metrics.precisions(events_RC)),
        "event_recall": metrics.macro(metrics.recalls(events_RC)),
        "best_frame": metrics.macro(ratio(best_RC, videos_RC)),
        "best_frame_near": metrics.macro(ratio(near_RC, videos_RC)),
        "false_alarms": ratio(counts_RS @ found.false_S, minutes_R),
    }


def event_notes(evaluated: Evaluated, tolerance_s: float) -> tuple[str, ...]:
    """What is to be said of events of these frames."""
    line = on_line(evaluated, 2 * tolerance_s)
    spacing = float(np.nanmedian(line.spacing_s_N))
    minutes = float(scanned_s(evaluated, line).sum()) / 60
    notes = [
        "An event is a run of tested frames of one class, a detection a run of tested "
        f"frames decided as one; a gap of more than {GAP:g} median spacings ends a "
        f"run. A detection is right if its centre is within {tolerance_s:g} s of an "
        "event of its class, one to one.",
        "Only tested frames are known, the labelled ones that transfer took, one in "
        f"{spacing:.2g} s (median): events and false alarms between two of them are "
        "not seen, and times are known no better than that. Tests of all frames "
        "(`--frames-per-video 0`) see more.",
        f"Scanned time is the time that tested frames span, {minutes:.3g} minutes, "
        "gaps left out; frames that ingest dropped or nobody labelled are not in it, "
        "and videos of one tested frame have none.",
    ]
    if tolerance_s < spacing:
        notes.append(
            f"The tolerance of {tolerance_s:g} s is below that spacing: what counts "
            "as missed may have been found between two tested frames."
        )
    return tuple(notes)
