"""Sends waiting mails over SMTP."""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Final

import aiosmtplib
import structlog
from jinja2 import DictLoader, Environment, StrictUndefined, TemplateError

from accounts.mails.repository import MailQueue
from chassis.clock import Clock
from chassis.database import Database
from chassis.loops import pause

_log = structlog.get_logger(__name__)
_TEXTS: Final = {
    "invitation": (
        "Your access to our ordering platform",
        "Hello{% if name %} {{ name }}{% endif %},\n\n"
        "you can order for {{ account or 'your company' }} now. Choose a password here:\n\n{{ link }}\n\n"
        "The link works once, until {{ until }}.\n",
    ),
    "reset": (
        "Your new password",
        "Hello{% if name %} {{ name }}{% endif %},\n\nset a new password here:\n\n{{ link }}\n\n"
        "The link works once, until {{ until }}. If you did not ask for it, do nothing.\n",
    ),
}

# A message that cannot even be built (an address, a template) must not stop those behind it.
_NOT_SENT: Final = (aiosmtplib.SMTPException, OSError, ValueError, TemplateError)


@dataclass(frozen=True)
class SmtpServer:
    """Where mails go, and from whom."""

    host: str
    port: int
    username: str
    password: str
    tls: str
    sender: str


class MailSender:
    """Takes waiting mails and hands them to the SMTP server, one at a time."""

    def __init__(self, database: Database, queue: MailQueue, server: SmtpServer, clock: Clock) -> None:
        self._database = database
        self._queue = queue
        self._server = server
        self._clock = clock
        # Plain text: nothing is HTML here, so nothing is escaped for it.
        texts = DictLoader({name: body for name, (_, body) in _TEXTS.items()})
        self._texts = Environment(loader=texts, undefined=StrictUndefined, autoescape=False)  # noqa: S701 - plain text

    async def run(self, stop: asyncio.Event) -> None:
        """Sends until told to stop."""
        while not stop.is_set():
            try:
                sent = await self.send_due()
            except Exception:  # noqa: BLE001 - this loop must not die; the mails stay in the queue
                _log.exception("mail_loop_failed")
                sent = 0
            if not sent:
                await pause(stop, 0.5)

    async def send_due(self) -> int:
        """Sends the mail that is due first; returns how many were tried.

        Each in a transaction of its own: what stops one, or the process, does not send others twice.
        """
        async with self._database.transaction() as tx:
            due = await self._queue.due(tx, 1)
            for row in due:
                try:
                    await self._send(self._message(row["recipient"], row["template"], row["values"]))
                except _NOT_SENT as error:
                    _log.warning("mail_not_sent", mail=row["id"], error=type(error).__name__)
                    await self._queue.failed(tx, row["id"], row["attempts"], repr(error))
                else:
                    await self._queue.sent(tx, row["id"], self._clock.now())
        return len(due)

    def _message(self, recipient: str, template: str, values: dict[str, Any]) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._server.sender
        message["To"] = recipient
        message["Subject"] = _TEXTS[template][0]
        message.set_content(self._texts.get_template(template).render(**values))
        return message

    async def _send(self, message: EmailMessage) -> None:
        server = self._server
        await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            timeout=10,
        )
