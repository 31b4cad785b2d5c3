"""Measures rows, each in a process of the peers' environment, and keeps the answers.

An answer is kept with its request: the same request is not measured again, another one
is. What failed is tried again.
"""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers_data import Copies, Source
from peers_venv import Environment, reason_of

from insonify.core.files import write_json

_SCRIPT = Path(__file__).parent / "peers_row.py"
_REASON = "reason"
_QUIET = {
    "HF_HUB_OFFLINE": "1",
    "LIGHTLY_TRAIN_EVENTS_DISABLED": "1",
    "NO_ALBUMENTATIONS_UPDATE": "1",
    "PYTHONWARNINGS": "ignore",
    "WANDB_MODE": "disabled",
}
"""No peer calls home."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Measures rows, or finds them.

    Attributes:
        source: The store, and what of it.
        copies: Copies of the store.
        environment: Where the peers are.
        out: Folder of the answers.
    """

    source: Source
    copies: Copies
    environment: Environment
    out: Path

    def measured(
        self, part: str, who: str, packages: tuple[str, ...], amount: float, seed: int
    ) -> dict[str, Any]:
        """The answer to one request; ``reason`` alone where there is none."""
        for package in packages:
            if package in self.environment.failed:
                return {_REASON: f"pip: {self.environment.failed[package]}"}
        request = {
            "part": part,
            "who": who,
            "store": str(self.source.store.resolve()),
            "split": self.source.split,
            "fold": self.source.fold,
            "copies": str(self.copies.folder.resolve()),
            "amount": amount,
            "seed": seed,
        }
        known = {name: self.environment.versions.get(name) for name in packages}
        name = re.sub(r"\W+", "-", f"{part}-{who}-{seed}")
        path = self.out / "rows" / f"{name}.json"
        if path.exists():
            kept = json.loads(path.read_text())
            if kept["request"] == request and kept["versions"] == known:
                return dict(kept["answer"])
        print(f"{part}: {who}, {amount:g}, seed {seed}", flush=True)
        answer = self._run(request, path.with_suffix(".answer"))
        if _REASON in answer:
            print(f"  {answer[_REASON]}", flush=True)
        else:
            kept = {"request": request, "versions": known, "answer": answer}
            write_json(path, kept)
        return answer

    def _run(self, request: dict[str, Any], answer: Path) -> dict[str, Any]:
        limit_s = _limit_s(request["part"], request["amount"])
        asked, log = answer.with_suffix(".request"), answer.with_suffix(".log")
        write_json(asked, request)
        answer.unlink(missing_ok=True)
        command = [str(self.environment.python), str(_SCRIPT), str(asked), str(answer)]
        cache = {"XDG_CACHE_HOME": str((self.out / "cache").resolve())}
        with log.open("w") as file:
            try:
                code = subprocess.run(
                    command,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    env=os.environ | _QUIET | cache,
                    timeout=limit_s,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                return {_REASON: f"not done after {limit_s:.0f} s"}
        if code or not answer.exists():
            said = reason_of(log.read_text(errors="replace"))
            return {_REASON: said if code >= 0 else f"signal {-code}: {said}"}
        return dict(json.loads(answer.read_text()))


def _limit_s(part: str, amount: float) -> float:
    """How long a row may take: far longer than it should."""
    if part == "loading":
        return 600 + amount
    if part == "throughput":
        return 600 + 3 * amount
    return 3600 + 10 * amount
