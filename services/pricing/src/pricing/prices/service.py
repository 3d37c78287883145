"""Use cases on prices: quote for an account, and explain a quote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chassis.clock import Clock
from chassis.database import Database
from chassis.principal import Principal
from pricing.audiences.service import AudienceService
from pricing.errors import AccountNotFound, PricesPending, ProductNotFound
from pricing.prices.models import ONE, Policy, PricedProduct, PriceRow, Quote, Status, Verdict, Wish
from pricing.prices.queries import Candidates, PriceQueries
from pricing.prices.repository import PriceRepository
from pricing.prices.resolution import explain, resolve


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of a question; without a unit the product's usual one, without a quantity one of it."""

    product_id: str | None
    unit: str | None = None
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A quote, the policy it followed, and every candidate with its verdict, the winners first."""

    quote: Quote
    quantity: Decimal
    policy: Policy
    candidates: Sequence[tuple[PriceRow, Verdict]]


class PriceService:
    """Quotes from the rows of an account's agreements."""

    def __init__(
        self,
        database: Database,
        queries: PriceQueries,
        prices: PriceRepository,
        audiences: AudienceService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._queries = queries
        self._prices = prices
        self._audiences = audiences
        self._clock = clock

    async def for_user(self, principal: Principal, asked: Sequence[Asked]) -> list[Quote]:
        """The prices of the user's account as they are now. Raises PricesPending."""
        if principal.account_id is None:
            raise PricesPending
        if not asked:
            # No rows come back for no products, which is not the same as an account that nobody knows.
            return []
        found = await self._candidates(principal.account_id, asked, None)
        if found is None:
            await self._audiences.learn(principal)
            found = await self._candidates(principal.account_id, asked, None)
        if found is None:
            raise PricesPending
        return _quotes(found, asked, self._clock.now())

    async def for_account(self, account_id: str, asked: Sequence[Asked], at: datetime | None) -> list[Quote]:
        """The prices of an account, now or at a moment by today's rows. Raises AccountNotFound."""
        at = at or self._clock.now()
        found = await self._candidates(account_id, asked, at)
        if found is None:
            raise AccountNotFound
        return _quotes(found, asked, at)

    async def by_keys(
        self, source: str, account_key: str, product_keys: Sequence[str]
    ) -> tuple[str, list[str | None]]:
        """The ids behind an ERP's keys; None for a product nobody knows. Raises AccountNotFound."""
        async with self._database.read() as reader:
            account_id = await self._prices.account_by_key(reader, source, account_key)
            if account_id is None:
                raise AccountNotFound
            products = await self._prices.products_by_key(reader, source, product_keys)
        return account_id, [products.get(key) for key in product_keys]

    async def explain(self, account_id: str, asked: Asked, at: datetime | None) -> Explanation:
        """Why a price is what it is. Raises AccountNotFound, ProductNotFound."""
        at = at or self._clock.now()
        found = await self._candidates(account_id, [asked], at, every=True)
        if found is None:
            raise AccountNotFound
        product, rows = found.products[0]
        if product is None:
            raise ProductNotFound
        wish = _wish(asked, product, found.currency, at)
        quote, verdicts = explain(rows, product, wish, found.policy)
        judged = sorted(
            ((row, verdicts[row.id]) for row in rows),
            key=lambda pair: (pair[1] is not Verdict.WON, pair[0].level),
        )
        return Explanation(quote, wish.quantity, found.policy, judged)

    async def _candidates(
        self, account_id: str, asked: Sequence[Asked], at: datetime | None, *, every: bool = False
    ) -> Candidates | None:
        ids = [line.product_id or "" for line in asked]
        return await self._queries.candidates(account_id, ids, at or self._clock.now(), every=every)


def _quotes(found: Candidates, asked: Sequence[Asked], at: datetime) -> list[Quote]:
    quotes = []
    for line, (product, rows) in zip(asked, found.products, strict=True):
        if product is None:
            # Not known here yet is something else than "no price": nobody may take it for one.
            quotes.append(Quote(Status.UNAVAILABLE, line.unit, found.currency))
        else:
            quotes.append(resolve(rows, product, _wish(line, product, found.currency, at), found.policy))
    return quotes


def _wish(asked: Asked, product: PricedProduct, currency: str | None, at: datetime) -> Wish:
    return Wish(asked.quantity or ONE, asked.unit or product.usual_unit, currency, at)
