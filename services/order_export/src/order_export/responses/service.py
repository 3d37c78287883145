"""Answers of the ERP that arrived: matched to their orders, which take them in under their lock."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import RowMapping

from chassis.database import Database, Transaction
from order_export.exports.models import OPEN, Acknowledge
from order_export.exports.moves import ExportMoves
from order_export.exports.repository import ExportRepository
from order_export.orders.models import Order
from order_export.orders.repository import OrderRepository
from order_export.responses.models import Response
from order_export.responses.repository import ResponseRepository


class ResponseService:
    """What the ERP answers later."""

    def __init__(
        self,
        database: Database,
        responses: ResponseRepository,
        orders: OrderRepository,
        exports: ExportRepository,
        moves: ExportMoves,
    ) -> None:
        self._database = database
        self._responses = responses
        self._orders = orders
        self._exports = exports
        self._moves = moves

    async def arrived(self, tx: Transaction, ids: Sequence[str]) -> None:
        """Takes in answers just stored, in the transaction that stored them.

        One that names the ERP's number of an order whose export is open acknowledges that export; one that
        matches no order waits.
        """
        arrived = [answer for _, answer in await self._responses.by_ids(tx, ids)]
        for source in await self._responses.sources(tx, ids):
            await self._responses.lock_numbers(tx, source, (answer.erp_order_number for answer in arrived))
        await self._responses.match(tx, ids)
        by_order: dict[str, list[Response]] = {}
        for order_id, answer in await self._responses.by_ids(tx, ids):
            if order_id is not None:
                by_order.setdefault(order_id, []).append(answer)
        await self._moves.record_answers(tx, ids)
        # In the order of their ids, as every other path locks orders.
        for order_id in sorted(by_order):
            order = await self._orders.locked(tx, order_id)
            assert order is not None
            await self._take_in(tx, order, by_order[order_id])

    async def unresolved(self, after_id: str | None, limit: int) -> Sequence[RowMapping]:
        """Answers that match no order, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._responses.unresolved(reader, after_id, limit)

    async def _take_in(self, tx: Transaction, order: Order, answers: Sequence[Response]) -> None:
        standing = [answer for answer in answers if not answer.withdrawn]
        for number in dict.fromkeys(answer.erp_order_number for answer in standing):
            if number is None:
                continue
            for export in await self._exports.of_order(tx, order.id):
                if export.job.state in OPEN:
                    details = {"erp_order_number": number, "found_by": "order_response"}
                    await self._moves.move(tx, export, Acknowledge(number), "order_response", details)
            if number not in order.erp_order_numbers:
                order = replace(order, erp_order_numbers=[*order.erp_order_numbers, number])
                await self._orders.save(tx, order)
                await self._moves.record_answers(
                    tx, await self._responses.match_number(tx, order.source, number)
                )
        await self._moves.refresh(tx, order)
