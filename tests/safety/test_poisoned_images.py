"""Images in a store that are none, or not of the size that the store declares."""

import io
import struct
import tracemalloc
import zlib
from typing import Final

import numpy as np
import pytest
from PIL import Image

from insonify.core.errors import StoreError
from insonify.store.codec import Codec, decode, encode

GREY_HW: Final = np.arange(48, dtype=np.uint8).reshape(6, 8)


def image(kind: str, shape: tuple[int, ...] = (6, 8)) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.zeros(shape, np.uint8)).save(file, kind)
    return file.getvalue()


def vast() -> bytes:
    """A PNG whose header says 60000 x 60000 pixels."""
    content = bytearray(image("PNG"))
    content[16:24] = struct.pack(">LL", 60000, 60000)
    content[29:33] = struct.pack(">L", zlib.crc32(content[12:29]))
    return bytes(content)


POISON: Final[dict[str, tuple[Codec, bytes]]] = {
    "nothing": ("jpeg", b""),
    "text": ("jpeg", b"<script>" * 99),
    "cut short": ("jpeg", encode(GREY_HW, "jpeg", 90)[:-30]),
    "another kind": ("jpeg", image("PNG")),
    "a kind that runs programs": ("png", b"%!PS-Adobe-3.0 EPSF-3.0\n"),
    "another size": ("png", image("PNG", (8, 6))),
    "colour": ("png", image("PNG", (6, 8, 3))),
    "vast": ("png", vast()),
    "broken": ("png", encode(GREY_HW, "png", 90)[:40] + bytes(40)),
    "raw, too little": ("raw", bytes(47)),
    "raw, too much": ("raw", bytes(480)),
}


@pytest.mark.parametrize("poison", POISON)
def test_what_is_no_frame_of_the_store_is_refused(poison: str) -> None:
    codec, data = POISON[poison]
    tracemalloc.start()
    with pytest.raises(StoreError, match="6 x 8 pixels"):
        decode(data, codec, 6, 8)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_what_is_a_frame_is_taken() -> None:
    for codec in ("png", "raw"):
        assert np.array_equal(decode(encode(GREY_HW, codec, 90), codec, 6, 8), GREY_HW)
    assert decode(encode(GREY_HW, "jpeg", 90), "jpeg", 6, 8).shape == (6, 8)
