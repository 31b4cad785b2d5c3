"""Whether the subject of a scan took part in what is asked about it."""

from dataclasses import dataclass

from insonify.deploy.head_options import HeadsCard
from insonify.deploy.scan import Scan
from insonify.model.checkpoint import Checkpoint


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What of the network was learnt with the help of this very subject.

    Each is None where that is not known.
    """

    encoder: bool | None
    heads: bool | None

    @property
    def honest(self) -> bool:
        """Whether it surely took no part."""
        return self.encoder is False and self.heads is False

    def __str__(self) -> str:
        parts = {"pretraining": self.encoder, "the heads' training": self.heads}
        if seen := [name for name, found in parts.items() if found]:
            return f"SEEN IN TRAINING: this subject took part in {' and '.join(seen)}"
        if unknown := [name for name, found in parts.items() if found is None]:
            return f"Seen in training: unknown for {' and '.join(unknown)}"
        return "Not seen in training"


def seen_by(scan: Scan, checkpoint: Checkpoint, card: HeadsCard) -> Seen:
    """Whether the subject of a scan took part in pretraining, or taught the heads."""
    pretrained = checkpoint.provenance.get("subjects")
    return Seen(
        encoder=None if pretrained is None else _among(scan, pretrained),
        heads=_among(scan, card.subjects),
    )


def _among(scan: Scan, subjects: list[str] | tuple[str, ...]) -> bool | None:
    if not subjects or scan.subjects & set(subjects):
        return bool(subjects)
    return False if scan.identified else None
