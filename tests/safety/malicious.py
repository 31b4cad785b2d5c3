"""What a malicious pickle does: it leaves a trace where it was executed."""

import pickle
from pathlib import Path
from typing import Any


class Malicious:
    """Unpickling it writes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return (Path.touch, (self.trace,))


def works(trace: Path) -> bool:
    """Whether a pickle of it does harm, so that a test shows something."""
    pickle.loads(pickle.dumps(Malicious(trace)))
    harmed = trace.exists()
    trace.unlink()
    return harmed
