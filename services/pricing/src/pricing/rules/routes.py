"""Visibility rules over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Query, Response, status

from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier, SearchText
from pricing.errors import OwnerMismatch, RuleNotFound
from pricing.rules.models import Effect, OwnerKind, RuleFilter
from pricing.rules.schemas import RuleCreate, RuleOut, RulePatch
from pricing.wiring import Wired

routes = router("visibility-rules")
Reading = Annotated[Principal, Depends(admin("visibility:read", "visibility:write"))]
Writing = Annotated[Principal, Depends(admin("visibility:write"))]
Version = Annotated[int, Depends(if_match)]


@routes.get(
    "/admin/v1/visibility-rules",
    operation_id="list_visibility_rules",
    summary="Visibility rules",
    responses=problems(CursorInvalid),
)
async def list_visibility_rules(
    wiring: Wired,
    _: Reading,
    paging: Paged,
    effect: Annotated[Effect | None, Query(description="Only rules with this effect.")] = None,
    owner_kind: Annotated[OwnerKind | None, Query(description="Only rules of such owners.")] = None,
    owner_id: Annotated[SearchText | None, Query(description="Only rules of this owner.")] = None,
) -> Page[RuleOut]:
    after = paging.after("visibility-rules", effect, owner_kind, owner_id)
    wanted = RuleFilter(effect, owner_kind, owner_id)
    found, known = await wiring.rules.page(wanted, after[0] if after else None, paging.limit)
    return paging.page(found, lambda rule: RuleOut.of(rule, known), lambda rule: [rule.id])


@routes.post(
    "/admin/v1/visibility-rules",
    operation_id="create_visibility_rule",
    summary="Make a visibility rule",
    status_code=status.HTTP_201_CREATED,
    responses=problems(OwnerMismatch),
)
async def create_visibility_rule(
    wiring: Wired, principal: Writing, body: RuleCreate, response: Response
) -> RuleOut:
    rule, known = await wiring.rules.create(principal, body.wanted())
    set_etag(response, rule.version)
    response.headers["Location"] = f"/admin/v1/visibility-rules/{rule.id}"
    return RuleOut.of(rule, known)


@routes.get(
    "/admin/v1/visibility-rules/{rule_id}",
    operation_id="get_visibility_rule",
    summary="One visibility rule",
    responses=problems(RuleNotFound),
)
async def get_visibility_rule(wiring: Wired, _: Reading, rule_id: Identifier, response: Response) -> RuleOut:
    rule, known = await wiring.rules.get(rule_id)
    set_etag(response, rule.version)
    return RuleOut.of(rule, known)


@routes.patch(
    "/admin/v1/visibility-rules/{rule_id}",
    operation_id="change_visibility_rule",
    summary="Change a visibility rule",
    responses=problems(RuleNotFound),
)
async def change_visibility_rule(
    wiring: Wired,
    principal: Writing,
    rule_id: Identifier,
    body: RulePatch,
    version: Version,
    response: Response,
) -> RuleOut:
    rule, known = await wiring.rules.change(principal, rule_id, body.change(), version)
    set_etag(response, rule.version)
    return RuleOut.of(rule, known)


@routes.delete(
    "/admin/v1/visibility-rules/{rule_id}",
    operation_id="remove_visibility_rule",
    summary="Remove a visibility rule",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(RuleNotFound),
)
async def remove_visibility_rule(
    wiring: Wired, principal: Writing, rule_id: Identifier, version: Version
) -> None:
    await wiring.rules.remove(principal, rule_id, version)
