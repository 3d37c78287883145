"""A mail catcher for development and tests: takes every mail, delivers none, shows the last ones."""

import html
import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from local_stack.ports import LOOPBACK, require_free

_KEPT = 50


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as received; `text` is its plain body, `received_at` ISO 8601 in UTC."""

    sender: str
    recipients: list[str]
    subject: str
    text: str
    received_at: str


class Mailbox:
    """The last 50 mails, newest first; safe to read while mails arrive."""

    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=_KEPT)

    def mails(self, recipient: str | None = None) -> list[Mail]:
        """All mails, or those to one recipient."""
        return [mail for mail in tuple(self._mails) if recipient is None or recipient in mail.recipients]

    def clear(self) -> None:
        self._mails.clear()

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds its hooks by this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Called by aiosmtpd for every mail."""
        self._mails.appendleft(_read(envelope))
        return "250 kept"


class MailCatcher:
    """An SMTP server on 127.0.0.1:`port` and, if `page_port` is given, a page that shows its mails."""

    def __init__(self, port: int, page_port: int | None = None) -> None:
        self.port = port
        self.box = Mailbox()
        self.page_port = page_port
        self._smtp = Controller(self.box, hostname=LOOPBACK, port=port)
        self._page: ThreadingHTTPServer | None = None
        self._page_thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen; raises `PortTakenError` if somebody else does."""
        require_free(self.port, "the mail catcher")
        if self.page_port is not None:
            require_free(self.page_port, "the page of the mail catcher")
        self._smtp.start()
        if self.page_port is not None:
            self._page = ThreadingHTTPServer((LOOPBACK, self.page_port), _page_handler(self.box))
            serve = self._page.serve_forever
            self._page_thread = threading.Thread(target=serve, name="mail page", daemon=True)
            self._page_thread.start()

    def stop(self) -> None:
        """Stop listening; mails are forgotten with the object."""
        if self._page is not None and self._page_thread is not None:
            self._page.shutdown()
            self._page.server_close()
            self._page_thread.join()
        self._smtp.stop(no_assert=True)


def _read(envelope: Envelope) -> Mail:
    content = envelope.content or b""
    raw = content.encode() if isinstance(content, str) else content
    message = message_from_bytes(raw, policy=policy.default)
    body = message.get_body(("plain", "html"))
    return Mail(
        sender=envelope.mail_from or "",
        recipients=list(envelope.rcpt_tos),
        subject=str(message["subject"] or ""),
        text=body.get_content().replace("\r\n", "\n") if body is not None else "",
        received_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _page_handler(box: Mailbox) -> type[BaseHTTPRequestHandler]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/mails.json":
                body = dumps([asdict(mail) for mail in box.mails()], ensure_ascii=False)
                self._answer(body, "application/json")
            elif self.path == "/":
                self._answer(_render(box.mails()), "text/html")
            else:
                self.send_error(404)

        def _answer(self, body: str, media_type: str) -> None:
            data = body.encode()
            self.send_response(200)
            self.send_header("Content-Type", f"{media_type}; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args: object) -> None:
            """Nobody needs a line per look at the mails."""

    return Page


def _render(mails: list[Mail]) -> str:
    items = "".join(
        f"<article><h2>{html.escape(mail.subject)}</h2>"
        f"<p>{html.escape(mail.received_at)} · to {html.escape(', '.join(mail.recipients))}</p>"
        f"<pre>{html.escape(mail.text)}</pre></article>"
        for mail in mails
    )
    style = "body{font:15px sans-serif;max-width:50em;margin:2em auto}pre{white-space:pre-wrap}"
    nothing = "<p>No mail yet.</p>"
    return (
        f"<!doctype html><title>Kontor mails</title><style>{style}</style>"
        f"<h1>Mails caught by this development system</h1>{items or nothing}"
    )
