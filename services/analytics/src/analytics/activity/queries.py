"""Who came and who did not: from the copies of accounts, users and orders."""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, RowMapping, Subquery, func, select

from analytics.period import Period
from analytics.tables import account, member, sales_order
from chassis.database import Reader

Kind = Literal["ordered", "logged_in", "never_came", "not_invited", "without_users", "without_catalogue"]


async def accounts(
    reader: Reader, kind: Kind | None, period: Period, after_id: str | None, limit: int
) -> Sequence[RowMapping]:
    """Accounts of a kind by id, behind `after_id`, one more than `limit`."""
    found = _accounts(period)
    shown = [column for column in found.c if column.name != "catalogue_id"]
    statement = select(*shown).order_by(found.c.account_id).limit(limit + 1)
    if kind is not None:
        statement = statement.where(_kinds(found, period)[kind])
    if after_id is not None:
        statement = statement.where(found.c.account_id > after_id)
    return await reader.all(statement)


async def counts(reader: Reader, period: Period) -> RowMapping:
    """How many accounts there are, altogether and of each kind."""
    found = _accounts(period)
    every = [func.count().filter(condition).label(kind) for kind, condition in _kinds(found, period).items()]
    row = await reader.first(select(func.count().label("accounts"), *every).select_from(found))
    assert row is not None
    return row


def _kinds(found: Subquery, period: Period) -> dict[Kind, ColumnElement[bool]]:
    return {
        "ordered": found.c.orders > 0,
        "logged_in": found.c.last_login_on >= period.first,
        "never_came": found.c.first_login_at.is_(None),
        "not_invited": found.c.invited_users < found.c.users,
        "without_users": found.c.users == 0,
        "without_catalogue": found.c.catalogue_id.is_(None),
    }


def _accounts(period: Period) -> Subquery:
    users = _by_account(
        member.c.account_id,
        ~member.c.deleted,
        users=func.count(),
        invited_users=func.count(member.c.invited_at),
        first_login_at=func.min(member.c.first_login_at),
        last_login_on=func.max(member.c.last_login_on),
    )
    orders = _by_account(
        sales_order.c.account_id,
        ~sales_order.c.deleted & sales_order.c.ordered_on.between(period.first, period.last),
        orders=func.count(),
        last_ordered_on=func.max(sales_order.c.ordered_on),
    )
    joined = account.outerjoin(users, users.c.account_id == account.c.id)
    joined = joined.outerjoin(orders, orders.c.account_id == account.c.id)
    columns = [
        account.c.id.label("account_id"),
        account.c.external_id,
        account.c.number,
        account.c.catalogue_id,
        func.coalesce(users.c.users, 0).label("users"),
        func.coalesce(users.c.invited_users, 0).label("invited_users"),
        users.c.first_login_at,
        users.c.last_login_on,
        func.coalesce(orders.c.orders, 0).label("orders"),
        orders.c.last_ordered_on,
    ]
    return select(*columns).select_from(joined).where(~account.c.deleted).subquery()


def _by_account(
    key: ColumnElement[Any], only: ColumnElement[bool], **figures: ColumnElement[Any]
) -> Subquery:
    columns = [figure.label(name) for name, figure in figures.items()]
    return select(key.label("account_id"), *columns).where(only).group_by(key).subquery()
