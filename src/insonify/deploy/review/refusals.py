"""What the desk answers instead of what it was asked for; no path is ever in it."""

from insonify.core.errors import InsonifyError


class Refusal(InsonifyError):  # noqa: N818 - an answer, if not the one asked for
    """A question that has no answer; the message goes to the browser as ``why``."""

    status = 400
    """Status of the HTTP response."""


class Absent(Refusal):
    """What was asked for is not there."""

    status = 404
