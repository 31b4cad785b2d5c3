"""How an encoder was trained, as a section of its card."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from insonify.report.card.run import RunFacts, Training
from insonify.report.card.text import Grid, Section
from insonify.report.card.words import duration, plain, recorded

_QUESTIONS: Final = {
    "order": "in which order were the frames of a clip taken",
    "transform": "which affine transform was applied to a clip",
    "disentangled": "order and transform of one corrupted clip",
    "relative": "how do two different frames, each warped, lie to each other",
    "shared_views": "order and relative transforms of the same views",
    "embedding": "which warped frames are of one clip",
    "masked": "what is behind a mask",
    "puzzle": "what was done to a clip",
}
"""What each pretext task asks."""
_GAZE: Final = {
    "saliency": "where sonographers looked, as a map",
    "point": "the mean point that sonographers looked at",
}


def task_lines(run: RunFacts) -> Iterator[str]:
    """The questions that it was taught to answer."""
    options = run.options or {}
    for name, question in _QUESTIONS.items():
        task = options.get(name)
        if isinstance(task, Mapping) and task.get("weight", 1) > 0:
            method = f", by {task['method']}" if "method" in task else ""
            yield f"{name} ({question}{method}; weight {task.get('weight', 1):g})"
    if options.get("objective") in _GAZE:
        yield f"gaze ({_GAZE[options['objective']]})"


def procedure(run: RunFacts) -> Section:
    """Steps, optimiser, machine, speed, and every option."""
    options, environment = run.options, run.environment or {}
    facts = {
        "Steps": recorded(run.provenance.get("steps")),
        "Seed": recorded(run.provenance.get("seed")),
        **(_schedule(options) if options else {}),
        **_machine(environment),
        **(_log(run.training) if run.training else {}),
    }
    return Section(
        title="Training procedure",
        facts=tuple(facts.items()),
        sentences=tuple(_unrecorded(run)),
        grids=tuple(_grids(run)),
    )


def _schedule(options: Mapping[str, Any]) -> dict[str, str]:
    """Batch, optimiser, rate and precision; gaze is learnt by plain SGD."""
    how = options.get("optimisation")
    if how is None:
        how = {**options, "optimizer": "sgd"}
    named = (
        "optimizer",
        "learning_rate",
        "weight_decay",
        "schedule",
        "warmup",
        "momentum",
    )
    kept = [f"{name} {plain(how[name])}" for name in named if name in how]
    return {
        "Clips a step" if "clips" in options else "Frames a step": plain(
            options.get("batch")
        ),
        "Optimiser": ", ".join(kept),
        "Precision asked for": plain(options.get("precision")),
    }


def _machine(environment: Mapping[str, Any]) -> dict[str, str]:
    packages = environment.get("packages", {})
    versions = ", ".join(f"{name} {version}" for name, version in packages.items())
    return {
        "Machine": recorded(environment.get("system")),
        "CUDA": recorded(environment.get("cuda")),
        "Threads": recorded(environment.get("threads")),
        "Precision": recorded(environment.get("precision")),
        "Python": recorded(environment.get("python")),
        "Packages": versions or recorded(None),
    }


def _log(training: Training) -> dict[str, str]:
    seconds = training.seconds
    return {
        "Time in steps": recorded(None if seconds is None else duration(seconds)),
        "Speed": recorded(training.clips_a_second, " clips/s (median)"),
        "Last loss": recorded(training.loss),
    }


def _unrecorded(run: RunFacts) -> Iterator[str]:
    if run.options is None:
        yield (
            "A checkpoint by itself: options, machine and log of its training are not "
            "recorded."
        )
    elif run.training is not None and run.training.seconds is not None:
        yield (
            "Time in steps is the sum of what was logged, without looks at held-out "
            "subjects, saving and reading of the store; energy was not measured."
        )


def _grids(run: RunFacts) -> Iterator[Grid]:
    if run.training is not None and run.training.held_out:
        yield Grid(
            title="Last look at held-out (validation) subjects while training",
            heads=("figure", "value"),
            rows=tuple((k, plain(v)) for k, v in run.training.held_out.items()),
        )
