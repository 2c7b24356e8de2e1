"""A real browser that does what a person does: it is told by pipes, in Chromium's own protocol.

https://chromedevtools.github.io/devtools-protocol
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pathlib
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from tests.report.browser import CHROMIUM

_SECONDS = 200.0


class Page:
    """One page of a browser.

    Attributes:
      said: what the page wrote into its console, and what it was refused.
    """

    def __init__(self, to: int, back: int):
        self._to, self._back = to, os.fdopen(back, "rb", buffering=0)
        self._number, self._rest = 0, b""
        self.said: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM"):
            self.call(f"{domain}.enable")

    _session: str | None = None

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One call of the protocol."""
        return self._call(method, **params)

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.said.append(json.dumps(params["exceptionDetails"]))
        elif event.get("method") == "Runtime.consoleAPICalled":
            self.said.append(json.dumps(params["args"]))
        elif event.get("method") == "Log.entryAdded":
            self.said.append(json.dumps(params["entry"]))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = self._back.read(1 << 16)
            assert part, "the browser is gone"
            self._rest += part
        one, _, self._rest = self._rest.partition(b"\0")
        return json.loads(one)

    def open(self, address: str) -> None:
        """Goes to an address, and waits until the page is there."""
        self.call("Page.navigate", url=address)
        self.until(f"location.href.startsWith({json.dumps(address)})")
        self.until("document.readyState === 'complete'")

    def value(self, expression: str) -> Any:
        """What an expression of JavaScript is, or the promise of it becomes."""
        found = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        """Waits until an expression holds."""
        end = time.monotonic() + _SECONDS
        while not self.value(f"Boolean({expression})"):
            assert time.monotonic() < end, (
                expression,
                self.said,
                self.value("document.body.innerHTML"),
            )
            time.sleep(0.05)

    def choose(self, selector: str, *paths: str | pathlib.Path) -> None:
        """Gives files to an input, as who chooses or photographs them."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=list(map(str, paths)))

    def drop(self, selector: str, path: str | pathlib.Path) -> None:
        """Drags a file over an element, and drops it there."""
        box = self.value(
            f"(b => [b.x + b.width / 2, b.y + b.height / 2])"
            f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=box[0], y=box[1], data=data)

    def telephone(self) -> None:
        """Makes the window that of a telephone, which is touched."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=390,
            height=844,
            deviceScaleFactor=2,
            mobile=True,
        )
        self.call("Emulation.setTouchEmulationEnabled", enabled=True)

    def screenshot(self) -> bytes:
        """What is seen, a PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])


@contextlib.contextmanager
def page(folder: pathlib.Path) -> Iterator[Page]:
    """Starts the browser.

    Args:
      folder: for its files.
    """
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    # It reads from its descriptor 3 and writes to 4.
    start = f'exec 3<&{in_read} 4>&{out_write}; exec "$@"'
    process = subprocess.Popen(
        [
            "/bin/bash",
            "-c",
            start,
            "bash",
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",  # which root, as in containers, may not have
            "--disable-gpu",
            "--disable-background-networking",
            f"--user-data-dir={folder / 'profile'}",
            "--window-size=1100,900",
            # A mouse, which a machine without a screen may not have.
            "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,"
            "availablePointerTypes=4",
            "--remote-debugging-pipe",
        ],
        pass_fds=(in_read, out_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(in_read)
    os.close(out_write)
    try:
        yield Page(in_write, out_read)
    finally:
        with contextlib.suppress(OSError):
            os.close(in_write)  # with which it ends
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
