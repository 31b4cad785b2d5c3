import pytest

from insonify.ingest.pool import work_through

# Other processes cannot import a test: the jobs are expressions, the work is `eval`.


@pytest.mark.parametrize("workers", [0, 2])
def test_results_come_in_the_order_of_the_jobs(workers: int) -> None:
    jobs = [f"{number} * 2" for number in range(20)]
    found = work_through(eval, jobs, workers=workers, crashed=lambda _: -1)
    assert list(found) == list(range(0, 40, 2))


def test_a_job_that_kills_its_process_costs_itself_only() -> None:
    jobs = [f"{number}" for number in range(12)]
    jobs[5] = "__import__('os').kill(__import__('os').getpid(), 9)"
    found = work_through(eval, jobs, workers=2, crashed=len)
    assert list(found) == [*range(5), len(jobs[5]), *range(6, 12)]
