"""Questions as they come over HTTP, and answers as they go back."""

import json
import math
from types import UnionType
from typing import Any, Final, NoReturn

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from insonify.deploy.review.refusals import Refusal

Kind = type | UnionType
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
_MOST: Final = 100
"""Things that may be asked for at once."""


def plain(value: Any, status: int = 200, **headers: str) -> Response:
    """JSON that nobody keeps; numbers that are not finite become null."""
    kept = {"Cache-Control": "no-store", **headers}
    return Response(orjson.dumps(value), status, kept, JSON)


def refused(status: int, why: str, **headers: str) -> Response:
    """Why there is no other answer."""
    return plain({"why": why}, status, **headers)


def media_type(request: Request) -> str:
    """What kind the body says it is, without its options."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def body_of(request: Request, **kinds: Kind) -> dict[str, Any]:
    """The JSON object that was sent, with these fields and no others.

    Args:
        request: What was sent.
        kinds: Type of each field: ``str``, ``float``, or a union of one with None.

    Raises:
        HTTPException: it is not JSON.
        Refusal: it is no such object.
    """
    if media_type(request) != JSON:
        raise HTTPException(415, f"send {JSON}")
    try:
        found = json.loads(await request.body(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refusal("the body is not JSON") from None
    if not isinstance(found, dict) or set(found) != set(kinds):
        raise Refusal(f"send an object with {', '.join(kinds) or 'nothing in it'}")
    for name, kind in kinds.items():
        found[name] = _checked(name, found[name], kind)
    return found


def count_of(request: Request, default: int) -> int:
    """How many are asked for.

    Raises:
        Refusal: it is no number from 1 to 100.
    """
    text = request.query_params.get("count", str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise Refusal(f"count is a number from 1 to {_MOST}")
    if not 1 <= int(text) <= _MOST:
        raise Refusal(f"count is a number from 1 to {_MOST}")
    return int(text)


def _checked(name: str, value: Any, kind: Kind) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and isinstance(0.0, kind):
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
        if math.isfinite(value):
            return value
    if not number and isinstance(value, kind):
        return value
    raise Refusal(f"{name} is not of its kind")


def _no_number(_: str) -> NoReturn:
    raise ValueError
