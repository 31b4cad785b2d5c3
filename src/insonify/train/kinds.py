"""What labels say of clips, for the tasks that may use them.

Legend: B batch, T frames, F frames of the store.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from insonify.clips.loader import ClipLoader
from insonify.core.errors import ConfigError
from insonify.store import Store


def clip_kinds(
    store: Store, loader: ClipLoader, task: str, apart: Sequence[str]
) -> Callable[[int], Tensor]:
    """From the number of a batch to the kind of each of its clips: int64 (B,).

    A clip's kind is the label of its middle frame, numbered; -1 where that has none, or
    one of ``apart``.

    Raises:
        ConfigError: no clip has a kind.
        StoreError: the store has no such labels.
    """
    found = store.frame_labels(task)
    names = sorted(set(found.labels) - set(apart))
    number = {name: place for place, name in enumerate(names)}
    kind_F = np.full(len(store.frames()), -1, np.int64)
    kind_F[found.positions] = [number.get(label, -1) for label in found.labels]
    middle = loader.options.frames // 2
    if (kind_F[loader.clips_CT[:, middle]] < 0).all():
        raise ConfigError(
            f"no clip shows a class of {task!r} (but for {', '.join(apart)}); check "
            "embedding.alike and embedding.apart"
        )
    return lambda step: torch.from_numpy(kind_F[loader.positions(step)[:, middle]])
