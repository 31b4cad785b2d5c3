"""``insonify doctor --bench``: where a training step's time goes."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.table import Table

from insonify.cli.console import console
from insonify.core.errors import ConfigError
from insonify.core.files import write_json
from insonify.recipes import RECIPES, with_size
from insonify.store import Store
from insonify.studies.step_bench.advice import advice
from insonify.studies.step_bench.bench import StepBench, bench_step
from insonify.train.options import PretrainOptions


def bench_options(
    recipe: str,
    size: tuple[int, int] | None,
    encoder: str | None,
    batch: int | None,
) -> PretrainOptions:
    """A recipe's options with what was asked for.

    Raises:
        ConfigError: there is no such recipe, or it cannot be changed so.
    """
    if recipe not in RECIPES:
        raise ConfigError(f"no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    if size is not None and min(size) < 1:
        raise ConfigError(f"size must be at least 1 1, found {size[0]} {size[1]}")
    options = RECIPES[recipe]()
    if size is not None:
        options = with_size(options, size)
    return replace(
        options,
        encoder=encoder or options.encoder,
        batch=options.batch if batch is None else batch,
    )


def run_bench(options: PretrainOptions, store: Path | None, out: Path | None) -> None:
    """Measure, print, and write what was measured if it is asked for.

    Raises:
        ConfigError: ``out`` is a folder, or the recipe cannot be run.
        StoreError: the store cannot be opened, or has no clip.
    """
    if out is not None and out.is_dir():
        raise ConfigError(f"{out} is a folder; give --out the name of a file")
    opened = Store.open(store) if store else None
    with console.status("measuring, about half a minute"):
        found = bench_step(options, opened)
    said = list(advice(found))
    console.print(_parts(found))
    console.print(_limits(found))
    for sentence in said:
        console.print(f"- {sentence}", highlight=False)
    if out is not None:
        write_json(out, _record(found, said))
        console.print(f"Written: {out}")


def _parts(found: StepBench) -> Table:
    """Seconds and shares of a step's parts."""
    parts = found.steps.parts
    whole = sum(parts.values())
    rows, columns = found.size
    title = (
        f"a step of {found.recipe}: {found.encoder}, {found.images} frames of "
        f"{rows} by {columns}, {found.precision}, {found.machine.device}"
    )
    table = Table("part of a step", "seconds", "share", title=title)
    for name, seconds in parts.items():
        table.add_row(name, f"{seconds:.4f}", f"{seconds / whole:.0%}")
    table.add_section()
    table.add_row("all of it", f"{whole:.4f}", "100%")
    table.add_row("a step that is not watched", f"{found.steps.seconds:.4f}", "")
    return table


def _limits(found: StepBench) -> Table:
    table = Table("how fast", "found")
    for what, value in _figures(found):
        table.add_row(what, value)
    return table


def _figures(found: StepBench) -> Iterator[tuple[str, str]]:
    speed = found.speed
    yield "images a second", f"{found.images_a_second:.0f}"
    if found.read is not None:
        cold, warm = found.read
        yield "a batch from the store, from memory", f"{cold:.4f} s, {warm:.4f} s"
    yield "encoder alone, forward and backward", f"{speed.seconds:.4f} s"
    if speed.convolutions:
        limit = f"{speed.convolution_limit:.4f} s"
        yield "its convolutions alone, at their best", limit
        yield "share of the convolutions' limit", f"{speed.convolution_share:.0%}"
    product = f"{speed.matmul_rate / 1e9:.0f} GFLOP/s"
    yield f"a matrix product, {found.precision.partition('-')[0]}", product
    yield "share of the matrix product's rate", f"{speed.matmul_share:.0%}"


def _record(found: StepBench, said: list[str]) -> dict[str, Any]:
    """What is written: all that was measured, and the figures made of it."""
    record: dict[str, Any] = json.loads(json.dumps(asdict(found)))
    return record | {
        "images_a_second": found.images_a_second,
        "convolution_limit": found.speed.convolution_limit,
        "convolution_share": found.speed.convolution_share,
        "matmul_share": found.speed.matmul_share,
        "advice": said,
    }
