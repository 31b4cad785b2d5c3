"""What one job may cost, and how a job is lost that costs more."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from insonify.core.errors import ConfigError

if sys.platform == "linux":
    import resource

Lost = Literal["crashed", "timed out", "out of memory"]
"""How a job ended without a result."""
WHY_LOST: Final[Mapping[Lost, str]] = {
    "crashed": "decoding it kills the process: a faulty codec, or a damaged file",
    "timed out": "it takes longer than --seconds allows; raise it, or export it again",
    "out of memory": "it needs more memory than --memory-gib allows, or than there is",
}
"""The same where the job was to read a file, for whoever reads the rejects."""

_LEAST_GIB: Final = 0.25
"""Less is not enough for what libraries take at their first use."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one file may cost before it is given up; kept by workers."""

    seconds: float = 900.0
    """Time for one file."""
    memory_gib: float = 4.0
    """Memory for one file, in GiB, beside the program's own; kept on Linux."""

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise ConfigError(f"seconds must be more than 0, found {self.seconds}")
        if not self.memory_gib >= _LEAST_GIB:
            raise ConfigError(
                f"memory-gib must be at least {_LEAST_GIB}, found {self.memory_gib}"
            )

    def hold_memory(self) -> None:
        """Hold this process to the memory; beyond it, allocations fail.

        The data limit, not that of the address space: the latter counts reserved
        and mapped pages, of which an idle worker has 5 GiB. Relative, because it has
        2 GiB of data too, nearly all of them untouched.
        """
        if sys.platform == "linux":
            status = Path("/proc/self/status").read_text()
            own = re.search(r"VmData:\s*(\d+) kB", status)
            assert own is not None
            limit = int(own[1]) * 1024 + int(self.memory_gib * 2**30)
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            if hard != resource.RLIM_INFINITY:
                limit = min(limit, hard)
            resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
