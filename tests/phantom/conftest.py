import pytest

from insonify.phantom.subject import Subject, draw_subject
from insonify.phantom.texture import Texture, make_texture


@pytest.fixture(scope="session")
def texture() -> Texture:
    return make_texture(0)


@pytest.fixture(scope="session")
def subject() -> Subject:
    return draw_subject(0, 1)
