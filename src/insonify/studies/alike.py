"""Recipes that do equal work, so that what differs between them is the recipe."""

import math
from collections.abc import Sequence
from dataclasses import replace

from insonify.core.errors import ConfigError
from insonify.recipes import RECIPES, with_size
from insonify.studies.runs import frames_a_clip
from insonify.train.options import PretrainOptions


def recipes_of(arms: Sequence[str]) -> tuple[PretrainOptions, ...]:
    """The recipes among the arms; foreign ones are ``name=checkpoint``.

    Raises:
        ConfigError: there is no recipe of a name, none is named, or one is twice.
    """
    names = [arm for arm in arms if "=" not in arm]
    for name in names:
        if name not in RECIPES:
            raise ConfigError(
                f"no recipe {name!r}; there are {', '.join(RECIPES)}; an encoder of "
                "others is named NAME=CHECKPOINT"
            )
    if not names or len(set(arms)) < len(arms):
        raise ConfigError(
            f"arms needs at least one recipe, and each arm once; found {' '.join(arms)}"
        )
    return tuple(RECIPES[name]() for name in names)


def alike(
    recipes: Sequence[PretrainOptions],
    *,
    encoder: str | None,
    size: tuple[int, int] | None,
    frames: int,
    steps: int,
) -> tuple[PretrainOptions, ...]:
    """The recipes with one encoder, one frame size, and equal work.

    Args:
        recipes: What is compared.
        encoder: Backbone of all; None: that which they share.
        size: Rows and columns of the frames of all; None: that which they share.
        frames: Frames a step. It becomes the nearest number, at least one clip of
            each, that whole clips of every recipe fill.
        steps: Steps of each.

    Raises:
        ConfigError: the recipes differ in encoder or frame size, or there are to be
            no frames or steps.
    """
    if frames < 1 or steps < 1:
        raise ConfigError(
            f"frames and steps must be at least 1, found {frames} and {steps}"
        )
    if size is not None:
        recipes = [with_size(recipe, size) for recipe in recipes]
    if encoder is not None:
        recipes = [replace(recipe, encoder=encoder) for recipe in recipes]
    kinds = sorted({(recipe.encoder, recipe.clips.size) for recipe in recipes})
    if len(kinds) > 1:
        raise ConfigError(
            f"the recipes differ in encoder or frame size ({kinds}), which would be "
            "compared instead; give all one with --encoder and --size"
        )
    clips = [frames_a_clip(recipe) for recipe in recipes]
    common = math.lcm(*clips)
    filled = common * max(1, round(frames / common))
    return tuple(
        replace(recipe, batch=filled // clip, steps=steps)
        for recipe, clip in zip(recipes, clips, strict=True)
    )
