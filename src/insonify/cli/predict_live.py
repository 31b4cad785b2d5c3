"""The live half of ``insonify predict``: a JSON line a frame, and a summary."""

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Protocol

from insonify.cli.console import errors
from insonify.deploy.predict.held import Change
from insonify.deploy.predict.live import Answer, LiveOptions, LiveSummary, watch
from insonify.deploy.predict.live_source import Arrival, decoded_frames, raw_frames
from insonify.deploy.predict.options import PredictOptions
from insonify.deploy.predict.predictor import Model


class LiveCommand(Protocol):
    """What is needed of the command's options."""

    @property
    def stream(self) -> str | None: ...
    @property
    def frame_size(self) -> tuple[int, int] | None: ...
    @property
    def stream_format(self) -> str | None: ...
    @property
    def options(self) -> PredictOptions: ...
    @property
    def live(self) -> LiveOptions: ...


def print_live(command: LiveCommand, model: Model) -> int:
    """Answer a live source on standard output until it ends or Ctrl-C; 0 then.

    Raises:
        ConfigError: the source cannot be opened, or breaks off.
        IngestError: the image area cannot be told.
    """
    summary, cleaning = LiveSummary(), command.options.cleaning
    classes = model.predictor.classes
    errors.print("For research use only. Not a medical device.")
    found = watch(
        _arrivals(command),
        model.predictor,
        cleaning.area,
        cleaning.size,
        command.live,
        summary=summary,
    )
    try:
        with suppress(KeyboardInterrupt):
            for each in found:
                line = json.dumps(_plain(each, classes))
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
    finally:
        _tell(summary)
    return 0


def _arrivals(command: LiveCommand) -> Iterator[Arrival]:
    """Frames of the source; standard input without a buffer, which would hold back."""
    if command.stream != "-":
        return decoded_frames(str(command.stream), command.stream_format)
    # No ``with``: the reading thread may outlive the command.
    pipe = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115
    if command.frame_size is not None:
        return raw_frames(pipe, *command.frame_size)
    return decoded_frames(pipe, command.stream_format)


def _plain(found: Answer | Change, classes: tuple[str, ...]) -> dict[str, Any]:
    if isinstance(found, Change):
        return {
            "event": "held" if found.held else "released",
            "class": found.label,
            "time_s": round(found.time_s, 3),
            "probability": round(found.probability, 4),
        }
    values = found.probabilities_C.tolist()
    table = {name: round(value, 4) for name, value in zip(classes, values, strict=True)}
    return {
        "frame": found.frame,
        "time_s": round(found.time_s, 3),
        "class": found.label,
        "probability": table[found.label],
        "probabilities": table,
        "latency_ms": round(found.latency_ms, 2),
    }


def _tell(summary: LiveSummary) -> None:
    """Say on standard error what became of the frames."""
    errors.print(
        f"{summary.received} frames came: {summary.answered} answered, "
        f"{summary.dropped} dropped for want of time, {summary.skipped} skipped by "
        f"--every, {summary.looked_at} used to find the image"
        f"{f' ({summary.method})' if summary.method else ''}.",
        soft_wrap=True,
        highlight=False,
    )
    if summary.answered > 1:
        errors.print(
            f"Latency: median {summary.latency_ms(0.5):.1f} ms, 95 % within "
            f"{summary.latency_ms(0.95):.1f} ms; {summary.rate_hz:.1f} answers a "
            "second.",
            soft_wrap=True,
            highlight=False,
        )
