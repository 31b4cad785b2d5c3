"""The columns of a gallery as lists.

Legend: N frames.
"""

from insonify.core.gallery import Gallery


class GalleryColumns:
    """What a gallery says of each of its frames, in its order."""

    def __init__(self, gallery: Gallery) -> None:
        rows = gallery.rows
        self.classes = gallery.classes
        self.x: list[float] = rows["x"].to_pylist()
        self.y: list[float] = rows["y"].to_pylist()
        self.truth: list[str] = rows["truth"].to_pylist()
        self.subject: list[str] = rows["subject"].to_pylist()
        self.near: list[list[int]] = rows["neighbours"].to_pylist()
        self.similar: list[list[float]] = rows["similarities"].to_pylist()
        self.pictures: list[bytes] = rows["thumbnail"].to_pylist()
        self.subjects = sorted(set(self.subject))
