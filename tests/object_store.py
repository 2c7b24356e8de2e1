"""A small object store that speaks as Google Cloud Storage does, for TensorFlow's own `gs://`.

TensorFlow's client finds it as the proxy of its requests, and trusts it by a certificate made for
the occasion: nothing leaves this machine. It is a process of its own, so that several processes
see the same objects, and a killed one leaves what it has written.

Objects appear whole, when their upload ends; there are no folders. A bucket is there when its name
begins with `bucket`; of `forbidden` nothing may be read, in `bucket-read-only` nothing be written.
"""

from __future__ import annotations

import contextlib
import http.server
import itertools
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator

import trustme

_HOSTS = ("www.googleapis.com", "storage.googleapis.com")


class _Objects:
    """What is stored: (content, generation, time) by (bucket, name)."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.all: dict[tuple[str, str], tuple[bytes, int, str]] = {}
        self.uploads: dict[str, tuple[str, str]] = {}
        self.numbers = itertools.count(1)

    def put(self, key: tuple[str, str], content: bytes) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        self.all[key] = content, next(self.numbers), now


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    objects = _Objects()
    context: ssl.SSLContext

    def do_CONNECT(self) -> None:
        """Goes on as the host that is asked for, encrypted."""
        self.send_response(200)
        self.end_headers()
        self.connection = self.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def _answer(self, status: int, content: bytes | dict = b"", **headers: str) -> None:
        body = json.dumps(content).encode() if isinstance(content, dict) else content
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _serve(self) -> None:
        body = self._body()
        url = urllib.parse.urlsplit(self.path)
        given = dict(urllib.parse.parse_qsl(url.query))
        found = re.fullmatch(r"(?:/upload)?/storage/v1/b/([^/]+)(?:/o(?:/([^/]+)(.*))?)?", url.path)
        if found is None:  # the content of an object
            bucket, _, name = url.path[1:].partition("/")
            rest = None
        else:
            bucket, name, rest = found.group(1), found.group(2) or "", found.group(3)
        key = bucket, urllib.parse.unquote(name)
        if bucket == "forbidden" or (
            bucket == "bucket-read-only" and self.command in ("POST", "PUT", "DELETE")
        ):
            self._answer(403)
        elif not bucket.startswith("bucket"):
            self._answer(404)
        else:
            with self.objects.guard:
                self._do(key, rest, url.path, given, body)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def _do(self, key, rest, path, given, body) -> None:
        bucket, name = key
        known = self.objects.all
        if self.command == "POST" and path.startswith("/upload/"):
            if given["uploadType"] == "media":
                self.objects.put((bucket, given["name"]), body)
                self._answer(200, {})
                return
            token = str(next(self.objects.numbers))
            self.objects.uploads[token] = bucket, given["name"]
            at = f"https://{_HOSTS[0]}/upload/storage/v1/b/{bucket}/o?upload_id={token}"
            self._answer(200, Location=at)
        elif self.command == "PUT":
            self.objects.put(self.objects.uploads.pop(given["upload_id"]), body)
            self._answer(200, {})
        elif self.command == "GET" and not name:
            self._answer(200, {} if path.endswith(f"/b/{bucket}") else self._listed(bucket, given))
        elif key not in known:
            self._answer(404)
        elif self.command == "DELETE":
            del known[key]
            self._answer(204)
        elif self.command == "POST":
            to = re.fullmatch(r"/rewriteTo/b/([^/]+)/o/([^/]+)", rest)
            self.objects.put((to[1], urllib.parse.unquote(to[2])), known[key][0])
            self._answer(200, {"done": True})
        elif rest is None:
            self._content(known[key][0])
        else:
            content, generation, updated = known[key]
            about = {"size": str(len(content)), "generation": str(generation), "updated": updated}
            self._answer(200, about)

    def _listed(self, bucket: str, given: dict[str, str]) -> dict:
        start, delimiter = given.get("prefix", ""), given.get("delimiter")
        items, prefixes = [], set()
        for of, name in sorted(self.objects.all):
            if of != bucket or not name.startswith(start):
                continue
            head, found, _ = name[len(start) :].partition(delimiter or "\0")
            if found:
                prefixes.add(start + head + found)
            else:
                items.append({"name": name})
        most = int(given.get("maxResults", 10**6))
        return {"items": items[:most], "prefixes": sorted(prefixes)}

    def _content(self, content: bytes) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if asked is None:
            self._answer(200, content)
        elif int(asked[1]) >= len(content):
            self._answer(416)
        else:
            self._answer(206, content[int(asked[1]) : int(asked[2]) + 1])

    def log_message(self, format, *args) -> None:
        """Tells of requests, if asked to."""
        if "OBJECT_STORE_LOG" in os.environ:
            super().log_message(format, *args)


def main(folder: str) -> None:
    """Serves until standard input ends."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(os.path.join(folder, "ca.pem"))
    _Handler.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*_HOSTS).configure_cert(_Handler.context)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


@contextlib.contextmanager
def running() -> Iterator[dict[str, str]]:
    """Runs one. Yields what processes that use it need in their environment."""
    root = pathlib.Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.object_store", folder],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            port = int(process.stdout.readline())
            yield {
                "https_proxy": f"http://127.0.0.1:{port}",
                "HTTPS_PROXY": f"http://127.0.0.1:{port}",
                "no_proxy": "127.0.0.1,localhost",  # workers speak to each other without it
                "CURL_CA_BUNDLE": os.path.join(folder, "ca.pem"),
                "GOOGLE_AUTH_TOKEN_FOR_TESTING": "any",
                "GCS_STAT_CACHE_MAX_AGE": "0",
            }
        finally:
            process.stdin.close()
            process.wait()
            process.stdout.close()


if __name__ == "__main__":
    main(sys.argv[1])
