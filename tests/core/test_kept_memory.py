import subprocess
import sys

import pytest

from insonify.core.heap import keep_freed_memory

_FAULTS = """
import resource
import torch
from insonify.core.heap import keep_freed_memory

if {kept}:
    assert keep_freed_memory()

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def work():
    for _ in range(20):
        torch.zeros(12_000_000)

work()
before = faults()
work()
print(faults() - before)
"""


def _faults(*, kept: bool) -> int:
    """Page faults of making and freeing 48 MB twenty times, after as many before."""
    script = _FAULTS.format(kept=kept)
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


@pytest.mark.skipif(not keep_freed_memory(), reason="another C library than glibc")
def test_memory_that_is_kept_is_not_paged_in_again() -> None:
    freed = _faults(kept=False)
    assert freed > 20 * 12_000_000 * 4 // 2**21  # Huge pages at most.
    # A small object may come to lie in a kept block, and one more is then made.
    assert _faults(kept=True) < freed / 8


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MALLOC_TRIM_THRESHOLD_", "1"),
        ("GLIBC_TUNABLES", "glibc.malloc.trim_threshold=1"),
    ],
)
def test_what_the_user_has_set_stays(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert not keep_freed_memory()


def test_the_number_of_arenas_is_another_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = keep_freed_memory()
    monkeypatch.setenv("MALLOC_ARENA_MAX", "2")
    assert keep_freed_memory() == kept
