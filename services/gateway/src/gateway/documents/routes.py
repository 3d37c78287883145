"""The published contracts over HTTP: as documents, as pages, and the meaning of each problem code. Public."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.documents.reading import Library
from gateway.errors import DocumentNotFound

_MINUTES: Final = {"Cache-Control": "public, max-age=300"}


def document_routes(library: Library) -> list[Route]:
    """`/openapi/<surface>.v1.json`, `/docs/<surface>` and `/problems/<code>`."""
    # Nothing from outside the page runs or loads: one style by its hash, nothing else.
    policy = (
        f"default-src 'none'; style-src 'sha256-{library.style_hash}'; base-uri 'none'; form-action 'none'"
    )
    page_headers = _MINUTES | {"Content-Security-Policy": policy}

    async def document(request: Request) -> Response:
        surface = request.path_params["name"].removesuffix(".v1.json")
        body = library.documents.get(surface) if request.path_params["name"].endswith(".v1.json") else None
        if body is None:
            raise DocumentNotFound
        return Response(body, media_type="application/json", headers=_MINUTES)

    async def page(request: Request) -> Response:
        text = library.pages.get(request.path_params["surface"])
        if text is None:
            raise DocumentNotFound
        return Response(text, media_type="text/html", headers=page_headers)

    async def problem(request: Request) -> Response:
        text = library.problems.get(request.path_params["code"])
        if text is None:
            raise DocumentNotFound
        return Response(text, media_type="text/html", headers=page_headers)

    return [
        Route("/openapi/{name}", document, methods=["GET"]),
        Route("/docs/{surface}", page, methods=["GET"]),
        Route("/problems/{code}", problem, methods=["GET"]),
    ]
