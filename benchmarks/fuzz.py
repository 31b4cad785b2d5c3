"""What random damage does to each reader: files read to their end, in the pool.

python benchmarks/fuzz.py [--minutes M] [--seed S] [--kinds K …] [--keep FOLDER]

Every wrong ending is printed once for each place, with its file where --keep is given.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count, tee
from pathlib import Path
from typing import Final

import numpy as np
from table import show

from insonify.ingest.engine.limits import Limits
from insonify.ingest.engine.pool import work_through

sys.path.append(str(Path(__file__).parents[1]))
from tests.ingest.formats.damage import Case, Verdict, mutate, try_to_read
from tests.ingest.formats.healthy_files import KINDS, healthy

RIGHT: Final = ("refused", "accepted")
WRONG: Final = ("crashed", "timed out", "out of memory", "unexpected")


def main() -> None:
    options = parse()
    cases, again = tee(draw(options.kinds, options.seed, 60 * options.minutes))
    verdicts = work_through(
        try_to_read,
        cases,
        workers=options.workers,
        lost=lambda _, how: Verdict(how, ""),
        limits=Limits(seconds=10, memory_gib=1),
    )
    counts = {kind: Counter[str]() for kind in options.kinds}
    told: set[tuple[str, Verdict]] = set()
    for case, verdict in zip(again, verdicts, strict=True):
        counts[case.kind][verdict.outcome] += 1
        if verdict.outcome in WRONG and (case.kind, verdict) not in told:
            told.add((case.kind, verdict))
            tell(case, verdict, options.keep, len(told))
    rows = [
        {"reader": kind, "tried": row.total()}
        | {outcome: row[outcome] for outcome in (*RIGHT, *WRONG)}
        for kind, row in counts.items()
    ]
    show("fuzz", rows)


def draw(kinds: Sequence[str], seed: int, seconds: float) -> Iterator[Case]:
    """Damaged files of each kind in turn, for so long; each from its own seed."""
    until = time.monotonic() + seconds
    for number in count():
        kind = kinds[number % len(kinds)]
        generator = np.random.default_rng((seed, number))
        other = healthy(kinds[int(generator.integers(len(kinds)))])
        content = mutate(healthy(kind), other, generator)
        yield Case(kind=kind, content=content, damaged="keep")
        if time.monotonic() > until:
            return


def tell(case: Case, verdict: Verdict, folder: Path | None, number: int) -> None:
    print(f"{case.kind}: {verdict.outcome} {verdict.detail}", flush=True)
    if folder:
        folder.mkdir(exist_ok=True, parents=True)
        (folder / f"{number:03}-{case.kind}").write_bytes(case.content)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
