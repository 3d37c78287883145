"""Catalogue assignments over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends

from accounts.catalogues.schemas import CatalogueAssign, CatalogueAssignments
from accounts.errors import CatalogueNotFound
from accounts.wiring import Wired
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin

routes = router("catalogue assignments")
Reading = Annotated[Principal, Depends(admin("accounts:read"))]
Writing = Annotated[Principal, Depends(admin("accounts:write"))]


@routes.get(
    "/admin/v1/catalogue-assignments",
    operation_id="get_catalogue_assignments",
    summary="Which catalogue accounts without an own one have",
)
async def get_catalogue_assignments(wiring: Wired, _: Reading) -> CatalogueAssignments:
    found = await wiring.catalogue_assignments.all()
    return CatalogueAssignments(default_catalogue_id=found.pop("", None), by_customer_group=found)


@routes.post(
    "/admin/v1/catalogue-assignments",
    operation_id="assign_catalogue",
    summary="Give a customer group, or everybody else, a catalogue",
    responses=problems(CatalogueNotFound),
)
async def assign_catalogue(wiring: Wired, principal: Writing, body: CatalogueAssign) -> CatalogueAssignments:
    group = body.customer_group or ""
    if body.catalogue_id is None:
        await wiring.catalogue_assignments.clear(principal, group)
    else:
        await wiring.catalogue_assignments.assign(principal, group, body.catalogue_id)
    found = await wiring.catalogue_assignments.all()
    return CatalogueAssignments(default_catalogue_id=found.pop("", None), by_customer_group=found)
