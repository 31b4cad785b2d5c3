"""The pool on Ray: a cluster of nodes on this machine, one of which is killed."""

import os
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from insonify.core.errors import ConfigError
from insonify.ingest.engine.limits import Limits, Lost
from insonify.ingest.engine.ray_engine import work_through_on_ray

LIMITS = Limits(seconds=5, memory_gib=0.5)

needs_ray = pytest.mark.skipif(
    find_spec("ray") is None, reason="needs Ray; pip install 'insonify[ray]'"
)


def how_lost(job: str, how: Lost) -> str:
    return f"{how}: {len(job)}"


def daemons() -> set[str]:
    """Processes of Ray's that run on this machine."""
    return {
        path.parent.name
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if b"/ray/" in read(path)
    }


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended
        return b""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head that does nothing, and two nodes of one processor."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    nodes: Any = import_module("ray.cluster_utils").Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0}
    )
    for _ in range(2):
        nodes.add_node(num_cpus=1)
    nodes.wait_for_nodes()
    yield nodes
    nodes.shutdown()


@needs_ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:lance is not fork-safe")  # Ray forks, then execs
def test_a_node_that_dies_costs_no_job(cluster: Any, tmp_path: Path) -> None:
    def job(number: int) -> str:
        return f"__import__('time').sleep(0.5) or {mark(number)} and {number}"

    def mark(number: int) -> str:
        path = tmp_path / str(number)
        return f"__import__('pathlib').Path({str(path)!r}).open('a').write('x')"

    found = work_through_on_ray(
        eval,
        map(job, range(16)),
        address=cluster.address,
        lost=how_lost,
        limits=LIMITS,
    )
    assert [next(found) for _ in range(3)] == [0, 1, 2]
    cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
    assert list(found) == list(range(3, 16))
    times = [len((tmp_path / str(number)).read_text()) for number in range(16)]
    assert sum(times) <= 16 + 2  # what ran on the node that died


@needs_ray
@pytest.mark.slow
def test_bad_jobs_on_a_cluster_that_is_started_and_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    before = daemons()
    kill = "__import__('os').kill(__import__('os').{}(), 9)"
    bad = [kill.format("getpid"), kill.format("getppid"), "[].pop()"]
    jobs = ["1", bad[0], "2", bad[1], "3"]

    def work(jobs: list[str]) -> list[object]:
        found: Iterator[object] = work_through_on_ray(
            eval, jobs, address="local", lost=how_lost, limits=LIMITS
        )
        return list(found)

    lost = [how_lost(job, "crashed") for job in bad]
    assert work(jobs) == [1, lost[0], 2, lost[1], 3]
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    with pytest.raises(IndexError):
        work(bad[2:])
    assert daemons() <= before


@needs_ray
@pytest.mark.parametrize("address", ["127.0.0.1:9", "nonsense"])
def test_a_cluster_that_does_not_answer(address: str) -> None:
    with pytest.raises(ConfigError, match="no Ray cluster answers"):
        list(
            work_through_on_ray(
                eval, ["1"], address=address, lost=how_lost, limits=LIMITS
            )
        )


def test_without_ray_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(ConfigError, match=r"insonify\[ray\]"):
        next(
            work_through_on_ray(
                eval, ["1"], address="auto", lost=how_lost, limits=LIMITS
            )
        )
