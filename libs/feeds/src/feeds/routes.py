"""The HTTP surface of a fed resource: batch, import runs, and the profiles that say how files are read."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from chassis.failures import Denied, FieldError, Invalid, UnsupportedMedia
from chassis.models import StrictModel
from chassis.pages import Page, Paged, Paging
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import Requires, integration
from chassis.values import Moment, NoControl, Slug
from feeds.batch import MAX_ITEMS, BatchAnswer
from feeds.desk import Feeds
from feeds.feed import TableFeed
from feeds.profile_store import ProfileNotFound
from feeds.profiles import ImportProfile
from feeds.receiver import Upload
from feeds.runs import Mode, Run, RunNotFound, RunNotHeld
from feeds.schemas import ImportResult, ImportRun, show_result, show_run

MAX_BATCH_BYTES = 16 * 1024**2
UNBOUNDED = 1 << 50  # the receiver counts for itself, and a run says why it failed
_MEDIA: dict[str, Literal["ndjson", "csv"]] = {"application/x-ndjson": "ndjson", "text/csv": "csv"}
Scope = Annotated[
    str, NoControl, Query(max_length=64, description="A label; a full feed discontinues only within it.")
]
Statuses = Annotated[tuple[Slug, ...], Query(description="Only results with one of these.", max_length=10)]


class ImportOptions(StrictModel):
    """How an upload is meant."""

    mode: Mode = Mode.DELTA
    scope: Annotated[str, NoControl] = Field(
        "", max_length=64, description="A label; a full feed discontinues only within it."
    )
    profile: Annotated[str, NoControl] | None = Field(
        None, max_length=255, description="Id or name of an import profile."
    )
    preview_of: Literal["delta", "full"] = Field("full", description="What a preview stands for.")
    data_as_of: Moment | None = Field(None, description="When the data was true at its source.")

    @property
    def full(self) -> bool:
        """Whether rows that are not named are (or would be) discontinued."""
        return self.mode is Mode.FULL or (self.mode is Mode.PREVIEW and self.preview_of == "full")


class NoSource(Denied):
    """The client has no ERP administration to write for."""

    code = "client_without_source"
    title = "This client writes for no source"


async def the_feeds(request: Request) -> Feeds:
    """The service's feeds, from its wiring."""
    feeds: Feeds = request.app.state.wiring.feeds
    return feeds


Desk = Annotated[Feeds, Depends(the_feeds)]


def integration_routes(feed: TableFeed, *, permission: str) -> APIRouter:
    """`/integration/v1/<resource>`: batch, imports, results, release, cancel, for clients with the scope."""
    routes, allowed = router(feed.resource), integration(permission)
    _batch(routes, feed, allowed)
    _receiving(routes, feed, allowed)
    _looking(routes, feed, allowed)
    _deciding(routes, feed, allowed)
    return routes


def _name(feed: TableFeed) -> str:
    return feed.resource.replace("-", "_")


def _batch(routes: APIRouter, feed: TableFeed, allowed: Requires) -> None:
    @routes.post(
        f"/integration/v1/{feed.resource}",
        operation_id=f"write_{_name(feed)}",
        max_body_size=MAX_BATCH_BYTES,
        openapi_extra=_batch_body(feed),
        responses=problems(NoSource, Invalid),
    )
    async def write(
        request: Request, desk: Desk, principal: Annotated[Principal, Depends(allowed)], scope: Scope = ""
    ) -> BatchAnswer:
        """Writes up to 1,000 rows at once; a bad row never stops the good ones."""
        items = _items(await request.json())
        batch, others = desk.batches[feed.resource], principal.other_sources
        return await batch.write(items, source=_source(principal), scope=scope, others=others)


def _receiving(routes: APIRouter, feed: TableFeed, allowed: Requires) -> None:
    path = f"/integration/v1/{feed.resource}/imports"

    @routes.post(
        path,
        status_code=202,
        operation_id=f"import_{_name(feed)}",
        max_body_size=UNBOUNDED,
        openapi_extra=_import_body(feed),
        responses=problems(NoSource, UnsupportedMedia, ProfileNotFound, Invalid),
    )
    async def receive(
        request: Request,
        response: Response,
        desk: Desk,
        principal: Annotated[Principal, Depends(allowed)],
        options: Annotated[ImportOptions, Query()],
    ) -> ImportRun:
        """Receives rows as a stream and applies them in the background."""
        upload = await _upload(request, desk, feed, principal, options)
        run = await desk.receiver.receive(feed, upload, request.stream())
        response.headers["Location"] = f"{path}/{run.id}"
        return show_run(run)


def _looking(routes: APIRouter, feed: TableFeed, allowed: Requires) -> None:
    path = f"/integration/v1/{feed.resource}/imports/{{import_id}}"

    @routes.get(path, operation_id=f"get_{_name(feed)}_import", responses=problems(RunNotFound))
    async def show(
        import_id: str, desk: Desk, principal: Annotated[Principal, Depends(allowed)]
    ) -> ImportRun:
        """One import run."""
        return show_run(await desk.run(import_id, feed.resource, client=client_of(principal)))

    @routes.get(
        f"{path}/results", operation_id=f"list_{_name(feed)}_import_results", responses=problems(RunNotFound)
    )
    async def results(
        import_id: str,
        desk: Desk,
        principal: Annotated[Principal, Depends(allowed)],
        paging: Paged,
        status: Statuses = (),
    ) -> Page[ImportResult]:
        """One result per input line, kept for 30 days."""
        run = await desk.run(import_id, feed.resource, client=client_of(principal))
        return await results_page(desk, run, paging, status)


def _deciding(routes: APIRouter, feed: TableFeed, allowed: Requires) -> None:
    path = f"/integration/v1/{feed.resource}/imports/{{import_id}}"
    answers = problems(RunNotFound, RunNotHeld)

    @routes.post(f"{path}/release", operation_id=f"release_{_name(feed)}_import", responses=answers)
    async def release(
        import_id: str, desk: Desk, principal: Annotated[Principal, Depends(allowed)]
    ) -> ImportRun:
        """Lets a held run go on; rows changed since stay as they are."""
        by, client = principal.subject, client_of(principal)
        return show_run(await desk.release(import_id, feed.resource, by=by, client=client))

    @routes.post(f"{path}/cancel", operation_id=f"cancel_{_name(feed)}_import", responses=answers)
    async def cancel(
        import_id: str, desk: Desk, principal: Annotated[Principal, Depends(allowed)]
    ) -> ImportRun:
        """Gives a held run up."""
        by, client = principal.subject, client_of(principal)
        return show_run(await desk.cancel(import_id, feed.resource, by=by, client=client))


async def results_page(desk: Feeds, run: Run, paging: Paging, status: tuple[str, ...]) -> Page[ImportResult]:
    """A page of a run's results."""
    after = paging.after("import-results", run.id, sorted(status))
    line = after[0] if after else None
    async with desk.database.read() as reader:
        rows = await desk.runs.results(reader, run, limit=paging.limit + 1, after=line, statuses=status)
    return paging.page(rows, show_result, lambda row: [row["line_number"]])


def client_of(principal: Principal) -> str:
    """Whose runs a client sees: its own."""
    return principal.client_id or principal.subject


def _source(principal: Principal) -> str:
    if not principal.source:
        raise NoSource
    return principal.source


def _items(body: Any) -> list[Any]:
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, list):
        raise Invalid(errors=[FieldError("required", "a list of rows", pointer="/items")])
    if len(items) > MAX_ITEMS:
        raise Invalid(
            errors=[FieldError("too_long", f"at most {MAX_ITEMS} rows; import more", pointer="/items")]
        )
    return items


async def _upload(
    request: Request, desk: Feeds, feed: TableFeed, principal: Principal, options: ImportOptions
) -> Upload:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _MEDIA:
        raise UnsupportedMedia("send application/x-ndjson or text/csv")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise UnsupportedMedia("a body is sent as it is or with Content-Encoding: gzip")
    settings = ImportProfile(format=_MEDIA[media])
    if options.profile is not None:
        settings = ImportProfile.model_validate(
            (await desk.profiles.get(feed.resource, options.profile))["settings"]
        )
    if settings.format != _MEDIA[media]:
        raise UnsupportedMedia(f"the profile reads {settings.format}")
    if options.mode is not Mode.DELTA and options.full and feed.discontinue is None:
        raise Invalid(
            errors=[FieldError("not_supported", "this resource has no full feeds", parameter="mode")]
        )
    return Upload(
        client=client_of(principal),
        source=_source(principal),
        mode=options.mode,
        scope=options.scope,
        full=options.full,
        profile=settings,
        gzip=encoding == "gzip",
        data_as_of=options.data_as_of,
        other_sources=principal.other_sources,
    )


def _batch_body(feed: TableFeed) -> dict[str, Any]:
    items = {"type": "array", "items": feed.schema.json_schema(), "maxItems": MAX_ITEMS}
    schema = {"type": "object", "properties": {"items": items}, "required": ["items"]}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _import_body(feed: TableFeed) -> dict[str, Any]:
    content = {
        "application/x-ndjson": {"schema": feed.schema.json_schema()},
        "text/csv": {"schema": {"type": "string"}},
    }
    return {"requestBody": {"required": True, "content": content}}
