"""What happens after each step: log, look at held-out subjects, save, tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from insonify.clips.loader import ClipLoader
from insonify.train.loop import State, StepReport
from insonify.train.monitor import Probe, pretext_scores
from insonify.train.options import PretrainOptions
from insonify.train.parts import gathered
from insonify.train.run_folder import MetricsWriter

_HELD_OUT_BATCHES = 8


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What those who watch a run are told after each step."""

    step: StepReport
    clips_a_second: float
    held_out: Mapping[str, float]
    """Latest figures from held-out subjects; empty before the first look."""


@dataclass(kw_only=True)
class Watch:
    """Called after every step; changes nothing of what is trained."""

    options: PretrainOptions
    state: State
    writer: MetricsWriter | None
    """None for all processes but the first."""
    probe: Probe
    held_out: ClipLoader | None
    """Clips of validation subjects; None where there are none."""
    save: Callable[[], None]
    """Saves a checkpoint to resume from; all processes take part."""
    on_progress: Callable[[Progress], None]
    seen: dict[str, float] = field(default_factory=dict)
    """Latest figures from held-out subjects."""

    def __call__(self, report: StepReport) -> None:
        """Log, look and save as the options say."""
        options, step = self.options, report.step
        speed = options.batch / report.seconds
        figures = {
            "loss": report.loss,
            **report.scores,
            "learning_rate": report.rate,
            "clips_a_second": speed,
            "data_wait": report.waited / report.seconds,
        }
        last = step == options.steps
        if last or step % options.probe_every == 0:
            self.seen = self._look()
            figures |= self.seen
        if self.writer is not None:
            self.writer.write(step, figures)
        if step % options.checkpoint_every == 0 and not last:
            self.save()
        self.on_progress(
            Progress(step=report, clips_a_second=speed, held_out=self.seen)
        )

    def _look(self) -> dict[str, float]:
        model: Any = self.state.model
        with gathered(model):
            found = self.probe.measure(model.encoder)
            if self.held_out is not None:
                found |= pretext_scores(
                    model, self.options.tasks, self.held_out, _HELD_OUT_BATCHES
                )
        return {f"held_out.{name}": value for name, value in found.items()}
