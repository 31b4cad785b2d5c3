"""What glibc does, seen from processes that have nothing else in them."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's alone")

HEAPS = """
import ctypes, threading
from insonify.core.heap import share_heaps
{call}
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(12)
def work():
    together.wait()
    for _ in range(100):
        libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
for each in threads: each.start()
for each in threads: each.join()
file = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, ctypes.c_void_p(file))
libc.fflush(ctypes.c_void_p(file))
"""
FREED = """
import ctypes
from pathlib import Path
from insonify.core.heap import give_back
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4
blocks = [libc.malloc(1000) for _ in range(100_000)]
for block in blocks:
    ctypes.memset(block, 1, 1000)
for block in blocks[:-1]:
    libc.free(block)  # the last one stays, above all others
before = resident()
give_back()
print(before - resident())
"""


def said(code: str, **variables: str) -> str:
    """What a process of its own prints, without the user's settings of malloc."""
    kept = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
    kept.pop("GLIBC_TUNABLES", None)
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | variables,
        capture_output=True,
        check=True,
        text=True,
    )
    return told.stdout


def test_threads_share_two_heaps_if_they_are_told_to() -> None:
    alone = said(HEAPS.format(call=""))
    if "<heap nr=" not in alone:
        pytest.skip("another C library")
    shared = said(HEAPS.format(call="assert share_heaps()"))
    assert alone.count("<heap nr=") > 2
    assert shared.count("<heap nr=") <= 2


@pytest.mark.parametrize(
    "variables",
    [{"MALLOC_ARENA_MAX": "5"}, {"GLIBC_TUNABLES": "glibc.malloc.arena_max=5"}],
)
def test_what_the_user_has_set_stays(variables: dict[str, str]) -> None:
    said(HEAPS.format(call="assert not share_heaps()"), **variables)


def test_freed_memory_is_given_back() -> None:
    assert int(said(FREED)) > 80_000  # KiB
