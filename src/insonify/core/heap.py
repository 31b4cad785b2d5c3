"""What the C library does with memory that was freed.

glibc gives threads heaps of their own, up to eight a processor, and keeps what is freed
in each. Lance reads and writes in dozens of threads: what they free stays, piecemeal.
Blocks above 32 MiB, and the end of a heap, it hands back to the system, which then has
to clear pages for the next ones.
"""

import ctypes
import os
import platform
import sys
from typing import Any, Final

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8
"""Numbers of glibc's options."""
_HEAPS: Final = 2
_KEPT: Final = 2**31 - 1
"""Smaller blocks come from the heap, and a smaller free end of it stays."""
_OLD_GLIBC: Final = 2**25
"""The most that glibc before 2.35 takes as threshold."""
_AHEAD: Final = 2**26
_SIZES: Final = ("trim_threshold", "top_pad", "mmap_threshold", "mmap_max")


def give_back() -> None:
    """Return freed memory to the system.

    Else 9 MB a part of a recording stay, and half a gigabyte after an hour
    (``python benchmarks/ingest.py --minutes 60``).
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
        if trim is not None:
            trim(0)


def share_heaps() -> bool:
    """Let all threads of this process share two heaps; to be called before they start.

    For who commits a great many small things: with a heap a thread an ingest grew by
    30 MiB per thousand files, from 100 to 480 after twelve thousand; with two it levels
    off below 200 (``benchmarks/memory.py``). It cannot be undone.

    Returns:
        Whether it is so: not where it is not glibc, or where the user has set how many
        (``MALLOC_ARENA_MAX``, ``GLIBC_TUNABLES``).
    """
    mallopt = _mallopt("arena_max")
    return mallopt is not None and bool(mallopt(_ARENA_MAX, _HEAPS))


def keep_freed_memory() -> bool:
    """Have the C library keep what this process frees; once is enough.

    A training step frees and asks again for some hundreds of megabytes, and touching
    fresh pages costs 1 to 10 % of a step on a quiet machine, more on a busy one
    (``benchmarks/pretrain_step.py``). Pretraining then holds some hundred megabytes
    more (docs/memory.md).

    Returns:
        Whether it is kept: not where it is not glibc, or where the user has set such
        limits (``MALLOC_TRIM_THRESHOLD_``, ``GLIBC_TUNABLES`` and others).
    """
    if (mallopt := _mallopt(*_SIZES)) is None:
        return False
    large = mallopt(_MMAP_THRESHOLD, _KEPT) or mallopt(_MMAP_THRESHOLD, _OLD_GLIBC)
    return bool(large and mallopt(_TRIM_THRESHOLD, _KEPT) and mallopt(_TOP_PAD, _AHEAD))


def _mallopt(*options: str) -> Any:
    """What sets glibc's options; None for others, or if the user has set these."""
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    for option in options:
        # Some of the variables end with an underscore.
        named = any(f"MALLOC_{option.upper()}{end}" in os.environ for end in ("", "_"))
        if named or f"malloc.{option}" in tunables:
            return None
    if platform.libc_ver()[0] != "glibc":
        return None
    return getattr(ctypes.CDLL(None), "mallopt", None)
