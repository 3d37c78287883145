"""Searches, log-ins and views, from what notices said."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, RowMapping, Table, cast, distinct, func, literal, select, tuple_

from analytics.period import Period
from analytics.tables import listening, login, price_change, product, search, view
from chassis.database import Reader


async def since(reader: Reader, table: Table) -> datetime:
    """Since when we know: when listening began, or the oldest notice Kafka still had then."""
    began = select(listening.c.since).scalar_subquery()
    moment: datetime = await reader.scalar(
        select(func.least(began, select(func.min(table.c.at)).scalar_subquery()))
    )
    return moment


async def terms(
    reader: Reader, period: Period, *, without_result: bool, after: Sequence[Any] | None, limit: int
) -> Sequence[RowMapping]:
    """Terms, the most searched first, behind `after` (searches, term), one more than `limit`."""
    term = func.lower(func.btrim(search.c.term)).label("term")
    found = (
        select(
            term,
            func.count().label("searches"),
            func.count().filter(search.c.results == 0).label("without_result"),
            func.count(distinct(search.c.user_id)).label("users"),
            func.max(search.c.at).label("last_at"),
        )
        .where(search.c.at >= period.begins, search.c.at < period.ends)
        .group_by(term)
        .subquery()
    )
    weight = found.c.without_result if without_result else found.c.searches
    order = (-weight, found.c.term)
    statement = select(found).where(weight > 0).order_by(*order).limit(limit + 1)
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(literal(-after[0]), literal(after[1])))
    return await reader.all(statement)


async def login_days(
    reader: Reader, period: Period, zone: str, after: date | None, limit: int
) -> Sequence[RowMapping]:
    """Log-ins by local day, those behind `after`, one more than `limit`."""
    day = cast(func.timezone(zone, login.c.at), Date).label("day")
    found = (
        select(
            day,
            func.count().filter(login.c.succeeded).label("succeeded"),
            func.count().filter(~login.c.succeeded).label("failed"),
            func.count(distinct(login.c.user_id)).label("users"),
            func.count(distinct(login.c.account_id)).label("accounts"),
        )
        .where(login.c.at >= period.begins, login.c.at < period.ends)
        .group_by(day)
        .subquery()
    )
    statement = select(found).order_by(found.c.day).limit(limit + 1)
    if after is not None:
        statement = statement.where(found.c.day > after)
    return await reader.all(statement)


async def price_change_days(
    reader: Reader, period: Period, zone: str, after: date | None, limit: int
) -> Sequence[RowMapping]:
    """Changes of prices by local day, those behind `after`, one more than `limit`."""
    day = cast(func.timezone(zone, price_change.c.at), Date).label("day")
    found = (
        select(
            day,
            func.count().label("changes"),
            func.coalesce(func.sum(price_change.c.products), 0).label("products"),
            func.count().filter(price_change.c.products.is_(None)).label("whole_lists"),
        )
        .where(price_change.c.at >= period.begins, price_change.c.at < period.ends)
        .group_by(day)
        .subquery()
    )
    statement = select(found).order_by(found.c.day).limit(limit + 1)
    if after is not None:
        statement = statement.where(found.c.day > after)
    return await reader.all(statement)


async def views(
    reader: Reader, period: Period, after: Sequence[Any] | None, limit: int
) -> Sequence[RowMapping]:
    """Products, the most opened first, behind `after` (views, product id), one more than `limit`."""
    found = (
        select(
            view.c.product_id,
            func.count().label("views"),
            func.count(distinct(view.c.user_id)).label("users"),
        )
        .where(view.c.at >= period.begins, view.c.at < period.ends)
        .group_by(view.c.product_id)
        .subquery()
    )
    order = (-found.c.views, found.c.product_id)
    joined = found.outerjoin(product, product.c.id == found.c.product_id)
    statement = select(found, product.c.external_id).select_from(joined).order_by(*order).limit(limit + 1)
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(literal(-after[0]), literal(after[1])))
    return await reader.all(statement)
