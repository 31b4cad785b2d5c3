"""Named configurations, one function each; variants by ``dataclasses.replace``.

``paper_…`` are the paper's four rows at its size and schedule, for a GPU. The same
names without ``paper_`` are their small twins, for two CPU cores, as are all others.
"""

from collections.abc import Callable

from insonify.recipes.ours import demo, insonify
from insonify.recipes.paper import (
    paper_disentangled,
    paper_order_only,
    paper_siamese,
    paper_transform_only,
)
from insonify.recipes.peers import (
    awcl,
    barlow,
    byol,
    dino,
    hico,
    jigsaw,
    mae,
    mocov3,
    pace,
    rotation,
    simclr,
    simsiam,
    uscl,
    vcop,
    verification,
    vicreg,
)
from insonify.recipes.resize import frame_by_frame, with_size
from insonify.recipes.small import (
    disentangled,
    order_only,
    path_only,
    path_relative,
    relative,
    shared_views,
    siamese,
    transform_only,
)
from insonify.train.options import PretrainOptions

RECIPES: dict[str, Callable[[], PretrainOptions]] = {
    recipe.__name__: recipe
    for recipe in (
        siamese,
        disentangled,
        order_only,
        transform_only,
        relative,
        path_only,
        shared_views,
        path_relative,
        insonify,
        simclr,
        mocov3,
        byol,
        simsiam,
        awcl,
        barlow,
        vicreg,
        hico,
        dino,
        uscl,
        verification,
        vcop,
        pace,
        rotation,
        jigsaw,
        mae,
        paper_siamese,
        paper_disentangled,
        paper_order_only,
        paper_transform_only,
        demo,
    )
}
"""All recipes by name."""

__all__ = ["RECIPES", "demo", "frame_by_frame", "paper_siamese", "siamese", "with_size"]
