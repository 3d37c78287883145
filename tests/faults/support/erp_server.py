"""An ERP as a process that takes orders over HTTP, and misbehaves as a file beside its ledger says.

    python -m tests.faults.support.erp_server PORT LEDGER

`LEDGER.behaviour` is read at each order. `books`: answers at once. `late`: books, and answers after the
caller's time-out. `later`: books only after the caller's time-out. `books silently`: books and never answers.
`silent`: never answers and books nothing. `twice`: answers twice, the second time with a number that is not
true. `moody`: late with every fifth order. It books whatever it is sent, as often as it is sent.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.faults.support.ledger import Ledger, amount_of

TIMEOUT_SECONDS = 1
"""What a connector to this server is configured with."""

SETTLE_SECONDS = 3
"""By then it has booked what it will book."""

LATE_SECONDS = 2.5
FALSE_NUMBER = "ERP-FALSE"


class Orders(BaseHTTPRequestHandler):
    """POST books, GET looks up by our order number."""

    protocol_version = "HTTP/1.1"
    ledger: Ledger
    taken = 0
    counting = threading.Lock()

    def do_POST(self) -> None:
        """Takes an order."""
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        behaviour = self._behaviour()
        if behaviour == "silent":
            self._say_nothing()
            return
        if behaviour == "later":
            time.sleep(LATE_SECONDS)
        number = self.ledger.book(order["order_number"], amount_of(order))
        if behaviour == "books silently":
            self._say_nothing()
            return
        if behaviour == "late":
            time.sleep(LATE_SECONDS)
        self._answer(201, number)
        if behaviour == "twice":
            self._answer(201, FALSE_NUMBER)

    def do_GET(self) -> None:
        """Looks an order up."""
        found = self.ledger.find(self.path.rpartition("/")[2])
        self._answer(404 if found is None else 200, found)

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""

    def _behaviour(self) -> str:
        with self.counting:
            Orders.taken += 1
            told = self.ledger.path.with_suffix(".behaviour").read_text()
            if told == "moody":
                return "books" if self.taken % 5 else "late"
            return told

    def _say_nothing(self) -> None:
        # Until the caller hangs up.
        self.rfile.read(1)
        self.close_connection = True

    def _answer(self, status: int, number: str | None) -> None:
        body = json.dumps({"number": number}).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True


def main(port: int, ledger: Path) -> None:
    """Serves for ever."""
    Orders.ledger = Ledger(ledger)
    ThreadingHTTPServer(("127.0.0.1", port), Orders).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
