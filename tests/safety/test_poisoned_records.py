"""Records that somebody poisoned: each is loaded, or refused in a sentence."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file

from insonify.cli.main import run as command
from insonify.core.config import from_plain, load_config
from insonify.core.errors import CheckpointError, ConfigError, InsonifyError
from insonify.core.predictions import read_predictions
from insonify.core.records import parse_object
from insonify.deploy.embedding.about import About
from insonify.deploy.heads import Heads
from insonify.ingest.area.profiles import Profiles
from insonify.model.checkpoint import load_checkpoint
from insonify.report.card.run import read_run as read_run_for_card
from insonify.report.page.run_record import read_run as read_run_for_page
from insonify.store import Store
from insonify.studies.plan import Plan
from insonify.train.options import PretrainOptions
from insonify.train.run_folder import RunFolder

Load = Callable[[Path], object]
"""Loads what lies in a folder."""
DEEP: Final = 100_000
POISONS: Final = {
    "nothing": b"",
    "zeros": bytes(100),
    "not UTF-8": b'{"format": "\xff"}',
    "cut short": b'{"format": 1',
    "a list": b"[1, 2]",
    "a text": b'"format"',
    "null": b"null",
    "not a number": b"NaN",
    "an empty object": b"{}",
    "5000 digits": b'{"format": ' + b"9" * 5000 + b"}",
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"format":' * DEEP + b"1" + b"}" * DEEP,
    "64 MiB": b'{"format": 1}' + b" " * 2**26,
}
WRONG: Final[tuple[Any, ...]] = (
    *(None, True, -1, 0, 10**12, 10**400, float("nan"), float("inf")),
    *("", "x" * 10**5, "../../etc/passwd", "a\0b", [], {}, [[[]]], {"a": {"b": []}}),
)
"""Values for which no field of a record is meant."""


class Target:
    """A record to poison: a file in a copy of a healthy folder."""

    def __init__(self, folder: Path, name: str, load: Load) -> None:
        self.folder, self.name, self.load = folder, name, load

    @property
    def file(self) -> Path:
        return self.folder / self.name


@pytest.fixture(
    params=["checkpoint", "heads", "store", "run", "card of a run", "page of a run"]
)
def target(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    checkpoint: Path,
    heads: Path,
    run: Path,
) -> Target:
    loaded = load_checkpoint(checkpoint)
    copies = {
        "checkpoint": (checkpoint, "checkpoint.json", load_checkpoint),
        "heads": (
            heads,
            "heads.json",
            lambda folder: Heads.load(folder, loaded),
        ),
        "run": (run, "config.json", lambda folder: RunFolder(folder).record()),
        "card of a run": (run, "checkpoint/checkpoint.json", read_run_for_card),
        "page of a run": (run, "config.json", read_run_for_page),
    }
    if request.param == "store":
        path = request.getfixturevalue("store").path
        return Target(path, "store.json", Store.open)
    source, name, load = copies[request.param]
    shutil.copytree(source, tmp_path / "copy")
    return Target(tmp_path / "copy", name, load)


def refused(target: Target, content: bytes) -> str | None:
    """Why a record with this content is refused; None if it is taken."""
    target.file.write_bytes(content)
    try:
        target.load(target.folder)
    except InsonifyError as error:
        return str(error)
    return None


def test_poison_is_refused(target: Target) -> None:
    healthy = target.file.read_bytes()
    assert refused(target, healthy) is None
    for poison, content in POISONS.items():
        why = refused(target, content)
        assert why, poison
        assert len(why) < 500, (poison, why)


def test_every_wrong_value_is_refused_or_harmless(target: Target) -> None:
    """A user sees a sentence, never a traceback."""
    healthy = json.loads(target.file.read_text())
    healthy |= {"options": {}} if target.name == "config.json" else {}
    for place in places(healthy):
        for value in WRONG:
            content = json.dumps(changed(healthy, place, value)).encode()
            why = refused(target, content)
            assert why is None or len(why) < 2000, (place, value)


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a record, down to three levels; not within facts."""
    if isinstance(value, dict) and len(above) < 3:
        for name, inner in value.items():
            yield (*above, name)
            yield from places(inner, (*above, name))


def changed(record: Any, place: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(record))
    inner = copy
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    return copy


@pytest.mark.parametrize("poison", POISONS)
def test_a_poisoned_plan_of_a_study_is_refused(poison: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes(POISONS[poison])
    with pytest.raises(ConfigError, match=r"plan\.json"):
        load_config(Plan, tmp_path / "plan.json")


@pytest.mark.parametrize("poison", [name for name in POISONS if name != "64 MiB"])
def test_a_poisoned_head_of_a_table_is_refused(
    poison: str, predictions: Path, tmp_path: Path
) -> None:
    rows = pq.read_table(predictions)
    marked = rows.replace_schema_metadata({"insonify.predictions": POISONS[poison]})
    pq.write_table(marked, tmp_path / "p.parquet", compression="zstd")
    with pytest.raises(InsonifyError, match=r"p\.parquet"):
        read_predictions(tmp_path / "p.parquet")
    schema = rows.schema.with_metadata({"insonify": POISONS[poison]})
    with pytest.raises(InsonifyError, match="here"):
        About.parse(schema, "here")


def test_every_wrong_value_in_the_head_of_predictions(
    predictions: Path, tmp_path: Path
) -> None:
    rows = pq.read_table(predictions)
    (key,) = (rows.schema.metadata or {}).keys() & {b"insonify.predictions"}
    healthy = json.loads((rows.schema.metadata or {})[key])
    assert healthy
    for place in places(healthy):
        for value in WRONG:
            content = json.dumps(changed(healthy, place, value))
            pq.write_table(
                rows.replace_schema_metadata({key: content}), tmp_path / "p.parquet"
            )
            with suppress(InsonifyError):
                read_predictions(tmp_path / "p.parquet")


def test_no_message_repeats_what_a_record_holds_at_length() -> None:
    laughs: Any = "lol"
    for _ in range(60):
        laughs = [laughs] * 10  # 10^60 of them, were they written out
    with pytest.raises(ConfigError) as caught:
        from_plain(PretrainOptions, laughs, "profile")
    assert len(str(caught.value)) < 500
    with pytest.raises(ConfigError) as caught:
        parse_object(json.dumps(["x" * 10**6]).encode(), "here")
    assert len(str(caught.value)) < 500


def test_a_billion_laughs_in_yaml_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 lol"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    for text in (
        "\n".join(lines),
        "- match: " + "[" * 5000,
        "- !!python/name:os.system",
    ):
        (tmp_path / "profiles.yaml").write_text(text)
        with pytest.raises(ConfigError) as caught:
            Profiles.read(tmp_path / "profiles.yaml")
        assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "name",
    [
        "../../outside",
        "x/../../../outside",
        "/etc/outside",
        "",
        ".",
        "a" * 65,
        "a\0b",
    ],
)
def test_no_list_of_files_is_written_where_a_store_says(
    name: str, store: Store, tmp_path: Path
) -> None:
    """A store's id names the private list of its files, beside the site's key."""
    head = json.loads((store.path / "store.json").read_text())
    (store.path / "store.json").write_text(json.dumps({**head, "id": name}))
    source, key = tmp_path / "source", tmp_path / "keys" / "site.key"
    source.mkdir()
    before = set(tmp_path.rglob("*"))
    words = f"ingest {source} {store.path} --key {key} --workers 0"
    assert command(words.split()) == 2
    assert {path for path in tmp_path.rglob("*") if path.suffix == ".csv"} <= before


@pytest.mark.parametrize(
    ("size", "refusal"),
    [([0, 40], True), ([-32, 40], True), ([10**9, 10**9], True), ([64, 80], False)],
)
def test_a_card_cannot_ask_for_more_memory_than_a_frame_takes(
    size: list[int], refusal: bool, checkpoint: Path, tmp_path: Path
) -> None:
    shutil.copytree(checkpoint, tmp_path / "copy")
    card = json.loads((checkpoint / "checkpoint.json").read_text())
    (tmp_path / "copy" / "checkpoint.json").write_text(
        json.dumps({**card, "size": size})
    )
    if not refusal:
        assert load_checkpoint(tmp_path / "copy").size == tuple(size)
        return
    with pytest.raises(InsonifyError, match="rows and columns"):
        load_checkpoint(tmp_path / "copy")


def test_heads_that_fit_neither_classes_nor_encoder_are_refused(
    checkpoint: Path, heads: Path, tmp_path: Path
) -> None:
    loaded = load_checkpoint(checkpoint)
    healthy = load_file(heads / "heads.safetensors")
    for name in healthy:
        folder = tmp_path / name
        shutil.copytree(heads, folder)
        poisoned = {**healthy, name: torch.zeros(3)}
        save_file(poisoned, folder / "heads.safetensors")
        with pytest.raises(CheckpointError, match=r"heads\.safetensors"):
            Heads.load(folder, loaded)
