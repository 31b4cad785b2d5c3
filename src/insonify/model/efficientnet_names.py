"""Names of EfficientNet's tensors: as a widespread port has them, and as timm has them.

The port (EfficientNet-PyTorch, and the Lite variants after it) counts blocks through
and numbers a block's normalisations from its expansion on; timm counts stages and
blocks.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from torch import Tensor

_OUTSIDE: Final = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
_EXPANDING: Final = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_se_reduce": "se.conv_reduce",
    "_se_expand": "se.conv_expand",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_PLAIN: Final = _EXPANDING | {"_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
"""A block without expansion begins with its depthwise convolution."""
_IN_BLOCK: Final = re.compile(r"_blocks\.(\d+)\.(\w+)\.(\w+)")


def as_in_timm(
    tensors: Mapping[str, Tensor], names: Iterable[str]
) -> dict[str, Tensor]:
    """The tensors under timm's names; unchanged where the port did not name them.

    Args:
        tensors: What a file holds.
        names: What timm's network has; says how many blocks a stage has.
    """
    if "_conv_stem.weight" not in tensors:
        return dict(tensors)
    found = (re.match(r"blocks\.(\d+)\.(\d+)\.", name) for name in names)
    blocks = sorted({(int(each[1]), int(each[2])) for each in found if each})
    return {_renamed(name, blocks, tensors): each for name, each in tensors.items()}


def _renamed(
    name: str, blocks: list[tuple[int, int]], tensors: Mapping[str, Tensor]
) -> str:
    inside = _IN_BLOCK.fullmatch(name)
    if not inside:
        part, _, kind = name.partition(".")
        return f"{_OUTSIDE.get(part, part)}.{kind}"
    number, part, kind = int(inside[1]), inside[2], inside[3]
    expands = f"_blocks.{number}._expand_conv.weight" in tensors
    known = _EXPANDING if expands else _PLAIN
    if number >= len(blocks) or part not in known:
        return name
    stage, block = blocks[number]
    return f"blocks.{stage}.{block}.{known[part]}.{kind}"
