"""The same recipe for views of another size, or frame by frame."""

from dataclasses import replace
from typing import Any, TypeVar

from insonify.pretext.task import Input
from insonify.pretext.warped_views import WarpedViews
from insonify.train.options import PretrainOptions

_W = TypeVar("_W", bound=WarpedViews)


def with_size(options: PretrainOptions, size: tuple[int, int]) -> PretrainOptions:
    """The same options for views of another size.

    Args:
        options: A recipe.
        size: Rows and columns of the views, for clips and tasks alike.
    """
    changed = _with_tasks(options, size=size)
    return replace(options, clips=replace(options.clips, size=size), **changed)


def frame_by_frame(options: PretrainOptions) -> PretrainOptions:
    """The same options with an encoder of single frames, compared by the heads."""
    kind: Input = "frames"
    return replace(options, **_with_tasks(options, input=kind))


def _with_tasks(options: PretrainOptions, **changes: Any) -> dict[str, Any]:
    """All tasks of a recipe with the same changes."""
    both, shared = options.disentangled, options.shared_views
    relative, embedding = options.relative, options.embedding
    masked, puzzle = options.masked, options.puzzle
    return {
        "order": options.order and replace(options.order, **changes),
        "transform": options.transform and replace(options.transform, **changes),
        "relative": relative and _warped(relative, changes),
        "embedding": embedding and _warped(embedding, changes),
        "masked": masked and replace(masked, size=changes.get("size", masked.size)),
        "puzzle": puzzle and replace(puzzle, size=changes.get("size", puzzle.size)),
        "shared_views": shared
        and replace(
            shared,
            order=replace(shared.order, **changes),
            relative=_warped(shared.relative, changes),
        ),
        "disentangled": both
        and replace(
            both,
            order=replace(both.order, **changes),
            transform=replace(both.transform, **changes),
        ),
    }


def _warped(task: _W, changes: dict[str, Any]) -> _W:
    return replace(task, warp=replace(task.warp, **changes))
