"""The addresses under ``/api``: each asks the desk one thing.

A name from an address is looked up among the store's videos and a number among their
frames; neither ever becomes part of a path.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from insonify.core.errors import InsonifyError
from insonify.deploy.review.answers import body_of, count_of, plain, refused
from insonify.deploy.review.catalogue import parsed_number
from insonify.deploy.review.desk import Desk
from insonify.deploy.review.images import Image
from insonify.deploy.review.refusals import Refusal

Endpoint = Callable[[Request], Awaitable[Response]]
Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]
_FOREVER: Final = "private, max-age=31536000, immutable"
"""A video's name is the hash of its content: what is at its address never changes."""
_NAME: Final = str | None
_BOUND: Final = float | None


def api_routes(desk: Desk) -> list[BaseRoute]:
    """All addresses under ``/api``; any other one there is refused."""
    ask = _Asking(desk)
    getting: Mapping[str, Endpoint] = {
        "state": ask.plainly(lambda _: desk.state()),
        "scans": ask.plainly(lambda _: desk.scans()),
        "scan/{video}": ask.plainly(lambda of: desk.scan(_video(of))),
        "planes/{video}": ask.plainly(lambda of: desk.planes(_video(of))),
        "labels/{video}": ask.plainly(
            lambda of: desk.labels(_video(of), of.query_params.get("author", ""))
        ),
        "similar/{video}/{i}": ask.plainly(
            lambda of: desk.similar(_video(of), _frame(of), count_of(of, 12))
        ),
        "queue": ask.plainly(
            lambda of: desk.queue(
                count_of(of, 12), held_out=of.query_params.get("held_out") == "1"
            )
        ),
        "curve": ask.plainly(lambda _: desk.curve()),
        "frame/{video}/{i}": ask.image(desk.frame, _FOREVER),
        "thumbnail/{video}/{i}": ask.image(desk.thumbnail, _FOREVER),
        "saliency/{video}/{i}": ask.image(desk.saliency, "private, max-age=3600"),
        "export/{video}": ask.export,
    }
    posting: Mapping[str, Endpoint] = {
        "labels/{video}": ask.label,
        "undo/{video}": ask.step(desk.undo),
        "redo/{video}": ask.step(desk.redo),
        "refit": ask.refit,
        "classes": ask.add_class,
    }
    return [
        *(Route(f"/api/{at}", one, methods=["GET"]) for at, one in getting.items()),
        *(Route(f"/api/{at}", one, methods=["POST"]) for at, one in posting.items()),
        Route("/api/{rest:path}", _nowhere, methods=["GET", "POST"]),
    ]


def error_handlers() -> dict[int | type[Exception], Handler]:
    """What is said of errors: reasons that were written to be read, and no others."""
    return {
        Refusal: _refused,
        HTTPException: _http_error,
        InsonifyError: _failed,
        Exception: _failed,
    }


class _Asking:
    """Endpoints that ask a desk, in a thread each."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def plainly(self, work: Callable[[Request], Any]) -> Endpoint:
        """An endpoint whose answer is JSON."""

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(lambda: plain(work(request)))

        return endpoint

    def image(self, work: Callable[[str, int], Image], cache: str) -> Endpoint:
        """An endpoint whose answer is a picture of a frame."""

        async def endpoint(request: Request) -> Response:
            image = await run_in_threadpool(work, _video(request), _frame(request))
            headers = {"Cache-Control": cache}
            return Response(image.data, headers=headers, media_type=image.media)

        return endpoint

    def step(self, work: Callable[[str, str], Any]) -> Endpoint:
        """An endpoint that goes back or forth in what an author did."""

        async def endpoint(request: Request) -> Response:
            body = await body_of(request, author=str)
            return plain(await run_in_threadpool(work, _video(request), body["author"]))

        return endpoint

    async def label(self, request: Request) -> Response:
        fields = {"label": _NAME, "start_s": _BOUND, "end_s": _BOUND, "author": str}
        body = await body_of(request, **fields)
        video = _video(request)
        return plain(await run_in_threadpool(self._desk.label, video, **body))

    async def refit(self, request: Request) -> Response:
        await body_of(request)
        return plain(await run_in_threadpool(self._desk.refit))

    async def add_class(self, request: Request) -> Response:
        body = await body_of(request, label=str)
        return plain(await run_in_threadpool(self._desk.add_class, body["label"]))

    async def export(self, request: Request) -> Response:
        found = await run_in_threadpool(self._desk.export, _video(request))
        headers = {
            "Content-Length": str(found.size),
            "Content-Disposition": f'attachment; filename="{found.name}"',
            "Cache-Control": "no-store",
        }
        return StreamingResponse(found.pieces(), 200, headers, "application/zip")


def _video(request: Request) -> str:
    name: str = request.path_params["video"]
    return name


def _frame(request: Request) -> int:
    return parsed_number(request.path_params["i"])


async def _nowhere(_: Request) -> Response:
    return refused(404, "there is nothing at this address")


async def _refused(_: Request, error: Refusal) -> Response:
    return refused(error.status, str(error))


async def _http_error(_: Request, error: HTTPException) -> Response:
    return refused(error.status_code, error.detail, **(error.headers or {}))


async def _failed(_: Request, __: Exception) -> Response:
    return refused(500, "this failed; what went wrong is in the terminal of the app")
