"""The smallest program that behaves like a service: ready after a moment, or dead with a reason."""

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


class Ready(BaseHTTPRequestHandler):
    """Answers everything with 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Quiet."""


if __name__ == "__main__":
    if os.environ.get("TINY_DIES"):
        sys.exit("the disk told me a lie")
    time.sleep(0.2)
    HTTPServer(("127.0.0.1", int(os.environ["KONTOR_PORT"])), Ready).serve_forever()
