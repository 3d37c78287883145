"""What staff and the gateway see of feeds: profiles to keep, runs to look at and to decide on."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from chassis.etag import if_match, set_etag
from chassis.pages import Page, Paged
from chassis.principal import Caller, Principal
from chassis.routing import problems, router
from chassis.security import Requires, admin, internal
from chassis.values import Identifier
from feeds.feed import TableFeed
from feeds.profile_store import ProfileFieldUnknown, ProfileNameTaken, ProfileNotFound
from feeds.routes import Desk, Statuses, client_of, results_page
from feeds.runs import RunNotFound, RunNotHeld
from feeds.schemas import (
    ImportResult,
    ImportRun,
    ImportRunList,
    ProfileAnswer,
    ProfileBody,
    show_profile,
    show_run,
)

_CHANGES = (ProfileNotFound, ProfileNameTaken, ProfileFieldUnknown)
States = Annotated[tuple[str, ...], Query(description="Only runs in one of these states.", max_length=10)]


def admin_routes(feed: TableFeed, *, look: str, change: str) -> APIRouter:
    """`/admin/v1/<resource>/import-profiles` and `/imports`, for staff with these permissions."""
    routes = router(feed.resource)
    _profiles(routes, feed, admin(look, change))
    _profile_changes(routes, feed, admin(change))
    _runs(routes, feed, admin(look, change))
    _decisions(routes, feed, admin(change))
    return routes


def internal_routes(resources: Sequence[str]) -> APIRouter:
    """`/internal/v1/imports`: the runs of all the service's resources, which the gateway merges."""
    routes = router("imports")

    @routes.get("/internal/v1/imports", operation_id="list_service_imports")
    async def runs(
        desk: Desk,
        principal: Annotated[Principal, Depends(internal(Caller.CLIENT, Caller.STAFF))],
        limit: Annotated[int, Query(ge=1, le=201)] = 50,
        before: Annotated[Identifier | None, Query(description="Only runs older than this one.")] = None,
        resource: Annotated[str | None, Query(max_length=64)] = None,
        state: States = (),
    ) -> ImportRunList:
        """Import runs, newest first by id, so that those of several services merge; a client sees its own."""
        async with desk.database.read() as reader:
            found = await desk.runs.page(
                reader,
                limit=limit,
                before=before,
                client=client_of(principal) if principal.caller is Caller.CLIENT else None,
                resources=[known for known in resources if resource in (None, known)],
                states=state,
            )
        return ImportRunList(items=[show_run(run) for run in found])

    return routes


def _profiles(routes: APIRouter, feed: TableFeed, allowed: Requires) -> None:
    path, name = f"/admin/v1/{feed.resource}/import-profiles", feed.resource.replace("-", "_")

    @routes.get(path, operation_id=f"list_{name}_import_profiles", dependencies=[Depends(allowed)])
    async def every(desk: Desk) -> list[ProfileAnswer]:
        """The resource's import profiles by name."""
        return [show_profile(row) for row in await desk.profiles.all(feed.resource)]

    @routes.get(
        f"{path}/{{profile_id}}",
        operation_id=f"get_{name}_import_profile",
        dependencies=[Depends(allowed)],
        responses=problems(ProfileNotFound),
    )
    async def one(profile_id: str, response: Response, desk: Desk) -> ProfileAnswer:
        """One import profile."""
        row = await desk.profiles.get(feed.resource, profile_id)
        set_etag(response, row["version"])
        return show_profile(row)


def _profile_changes(routes: APIRouter, feed: TableFeed, allowed: Requires) -> None:
    path, name = f"/admin/v1/{feed.resource}/import-profiles", feed.resource.replace("-", "_")
    staff = Depends(allowed)

    @routes.post(
        path, status_code=201, operation_id=f"add_{name}_import_profile", responses=problems(*_CHANGES)
    )
    async def add(
        body: ProfileBody, response: Response, desk: Desk, principal: Annotated[Principal, staff]
    ) -> ProfileAnswer:
        """Keeps a new import profile."""
        by = principal.subject
        row = await desk.profiles.add(feed.resource, feed.schema, body.name, body.settings, by=by)
        response.headers["Location"] = f"{path}/{row['id']}"
        set_etag(response, row["version"])
        return show_profile(row)

    @routes.put(
        f"{path}/{{profile_id}}", operation_id=f"replace_{name}_import_profile", responses=problems(*_CHANGES)
    )
    async def replace(
        profile_id: str,
        body: ProfileBody,
        response: Response,
        desk: Desk,
        principal: Annotated[Principal, staff],
        version: Annotated[int, Depends(if_match)],
    ) -> ProfileAnswer:
        """Changes an import profile; runs already received keep the copy they were read by."""
        by, settings = principal.subject, body.settings
        row = await desk.profiles.replace(
            feed.resource, feed.schema, profile_id, body.name, settings, version=version, by=by
        )
        set_etag(response, row["version"])
        return show_profile(row)

    @routes.delete(
        f"{path}/{{profile_id}}",
        status_code=204,
        operation_id=f"remove_{name}_import_profile",
        dependencies=[staff],
        responses=problems(ProfileNotFound),
    )
    async def remove(profile_id: str, desk: Desk, version: Annotated[int, Depends(if_match)]) -> None:
        """Deletes an import profile."""
        await desk.profiles.remove(feed.resource, profile_id, version=version)


def _runs(routes: APIRouter, feed: TableFeed, allowed: Requires) -> None:
    path, name = f"/admin/v1/{feed.resource}/imports/{{import_id}}", feed.resource.replace("-", "_")
    staff = Depends(allowed)

    @routes.get(
        path, operation_id=f"inspect_{name}_import", dependencies=[staff], responses=problems(RunNotFound)
    )
    async def show(import_id: str, desk: Desk) -> ImportRun:
        """One import run of any client."""
        return show_run(await desk.run(import_id, feed.resource))

    @routes.get(
        f"{path}/results",
        operation_id=f"inspect_{name}_import_results",
        dependencies=[staff],
        responses=problems(RunNotFound),
    )
    async def results(import_id: str, desk: Desk, paging: Paged, status: Statuses = ()) -> Page[ImportResult]:
        """One result per input line, kept for 30 days."""
        return await results_page(desk, await desk.run(import_id, feed.resource), paging, status)


def _decisions(routes: APIRouter, feed: TableFeed, allowed: Requires) -> None:
    path, name = f"/admin/v1/{feed.resource}/imports/{{import_id}}", feed.resource.replace("-", "_")
    answers = problems(RunNotFound, RunNotHeld)

    @routes.post(f"{path}/release", operation_id=f"decide_release_{name}_import", responses=answers)
    async def release(
        import_id: str, desk: Desk, principal: Annotated[Principal, Depends(allowed)]
    ) -> ImportRun:
        """Lets a held run go on; rows changed since stay as they are."""
        return show_run(await desk.release(import_id, feed.resource, by=principal.subject))

    @routes.post(f"{path}/cancel", operation_id=f"decide_cancel_{name}_import", responses=answers)
    async def cancel(
        import_id: str, desk: Desk, principal: Annotated[Principal, Depends(allowed)]
    ) -> ImportRun:
        """Gives a held run up."""
        return show_run(await desk.cancel(import_id, feed.resource, by=principal.subject))
