"""Why a user sees a product or does not: the predicate's own answer, beside what each rule said."""

# ruff: noqa: S608 - statements are put together here from constants; every value is bound

from dataclasses import dataclass

from catalog.audiences.models import Audience, Facts, Verdict, explain
from catalog.audiences.predicate import Statement, visible
from catalog.audiences.source import Audiences
from catalog.errors import ProductNotFound
from chassis.database import Database
from chassis.principal import Principal


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the predicate answers, and every check."""

    audience: Audience
    visible: bool
    verdicts: list[Verdict]


class VisibilityExplainer:
    """For staff who are asked by a customer."""

    def __init__(self, database: Database, audiences: Audiences) -> None:
        self._database = database
        self._audiences = audiences

    async def explain(self, staff: Principal, product_id: str, user_id: str) -> Explanation:
        """Raises ProductNotFound, AudienceUnknown, VisibilityPending."""
        audience = await self._audiences.of_user(staff, user_id)
        statement = Statement()
        statement.text = f"""SELECT p.lifecycle, p.placeholder, p.is_charge, l.targets,
            EXISTS (SELECT 1 FROM catalogue_member k WHERE k.product_id = p.id
                AND k.catalogue_id = {statement.bind(audience.catalogue_id)}::text) AS member,
            {visible(statement, audience)} AS visible
        FROM product p JOIN listing l ON l.product_id = p.id WHERE p.id = {statement.bind(product_id)}"""
        pool = await self._database.hot()
        row = await pool.fetchrow(statement.text, *statement.params)
        if row is None:
            raise ProductNotFound
        facts = Facts(
            lifecycle=row["lifecycle"],
            placeholder=row["placeholder"],
            is_charge=row["is_charge"],
            member=row["member"],
            targets=frozenset(row["targets"]),
        )
        return Explanation(audience, row["visible"], explain(audience, facts))
