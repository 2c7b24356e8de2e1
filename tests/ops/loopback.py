"""A server on the loopback, which fails in every way that it is asked to."""

from __future__ import annotations

import contextlib
import http.server
import threading
import time
from collections.abc import Iterator


class Server(http.server.ThreadingHTTPServer):
    """Serves `data` at every path; the attributes say how badly.

    Attributes:
      data: what to serve.
      cut: after how many bytes each answer ends, for as many requests as the list is long.
      ranges: whether parts are served.
      status: what to answer instead of data.
      tag: the ETag.
      says_length: whether to send the length.
      asked: the `Range` of each request so far.
      answers: headers that are added, or take the place of those that are sent.
      part_tag: the ETag of parts, where it is another one.
      leads_to: where each request is sent on to.
      pause: seconds between the pieces of 1000 bytes that an answer comes in.
    """

    def __init__(self, data: bytes):
        super().__init__(("127.0.0.1", 0), Handler)
        self.cut: list[int] = []
        self.ranges = True
        self.status = 200
        self.tag = '"one"'
        self.data = data
        self.says_length = True
        self.asked: list[str | None] = []
        self.answers: dict[str, str] = {}
        self.part_tag: str | None = None
        self.leads_to: str | None = None
        self.pause = 0.0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.bin"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append(wanted)
        if server.status != 200:
            self.send_error(server.status)
            return
        if server.leads_to:
            self.send_response(302)
            self.send_header("Location", server.leads_to)
            self.end_headers()
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        partial = server.ranges and start and self.headers.get("If-Range") == server.tag
        if partial and start >= len(server.data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(server.data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = server.data[start:] if partial else server.data
        self.send_response(206 if partial else 200)
        headers = {}
        if partial:
            headers["Content-Range"] = f"bytes {start}-{len(server.data) - 1}/*"
        if server.says_length:
            headers["Content-Length"] = str(len(body))
        if server.tag:
            headers["ETag"] = (server.part_tag or server.tag) if partial else server.tag
        for name, value in {**headers, **server.answers}.items():
            self.send_header(name, value)
        self.end_headers()
        body = body[: server.cut.pop(0)] if server.cut else body
        if not server.pause:
            self.wfile.write(body)
            return
        with contextlib.suppress(ConnectionError):
            for at in range(0, len(body), 1000):
                self.wfile.write(body[at : at + 1000])
                time.sleep(server.pause)

    def log_message(self, *args):
        del args


@contextlib.contextmanager
def serving(data: bytes) -> Iterator[Server]:
    """Serves some bytes, in a thread."""
    with Server(data) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
