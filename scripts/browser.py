"""A headless Chromium for pages of this machine, spoken to over two pipes (Chrome DevTools Protocol).

WebGL is drawn by the processor (SwiftShader), so no graphics card and no screen are needed. The page is waited for in
its own words: a JavaScript expression that becomes true.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 90.0
SIZE = (1600, 1000)
# No account, no update, no call home; pages of this machine only. Root has no sandbox, and the pages are our own.
_WORDS = (
    "--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--disable-dev-shm-usage", "--force-device-scale-factor=1", "--hide-scrollbars", "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)  # fmt: skip
_READS, _WRITES = 3, 4  # the descriptors on which Chromium listens and speaks


def chromium() -> str | None:
    """The program, where the machine has one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


class Page:
    """One page. ``asked`` are the addresses it loaded, ``said`` what it wrote on its console and what went wrong."""

    def __init__(self, to: int, back: int, size: tuple[int, int]) -> None:
        self.asked: list[str] = []
        self.said: list[str] = []
        self._to, self._back, self._size = to, back, size
        self._number = 0
        self._left = b""
        self._session = ""

    def open(self, address: str) -> None:
        """Go to ``address``; earlier pages are forgotten."""
        if not self._session:
            target = self._do("Target.createTarget", url="about:blank")["targetId"]
            self._session = self._do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Network", "Log"):
                self._do(f"{domain}.enable")
            width, height = self._size
            self._do(
                "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
            )
        self.asked.clear()
        self.said.clear()
        self._do("Page.navigate", url=address)

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression, a promise's when it is kept."""
        told = self._do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise RuntimeError(str(told["exceptionDetails"])[:500])
        return told["result"].get("value")

    def wait(self, condition: str, seconds: float = SECONDS) -> None:
        """Until ``condition`` is true. Raises :class:`TimeoutError`."""
        until = time.monotonic() + seconds
        while not self.run(condition):
            if time.monotonic() > until:
                raise TimeoutError(f"{condition}: {self.said[:5]}")
            time.sleep(0.2)

    def picture(self, path: Path) -> None:
        """The window as a PNG."""
        path.write_bytes(base64.b64decode(self._do("Page.captureScreenshot", format="png")["data"]))

    def _do(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        words: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            words["sessionId"] = self._session
        os.write(self._to, json.dumps(words).encode() + b"\0")
        while True:
            heard = self._hear()
            if heard.get("id") == self._number:
                if "error" in heard:
                    raise RuntimeError(f"{method}: {heard['error']}")
                result: dict[str, Any] = heard["result"]
                return result

    def _hear(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            part = os.read(self._back, 1 << 16)
            if not part:
                raise ConnectionError("chromium")
            self._left += part
        text, _, self._left = self._left.partition(b"\0")
        heard: dict[str, Any] = json.loads(text)
        given = heard.get("params", {})
        match heard.get("method"):
            case "Network.requestWillBeSent":
                self.asked.append(given["request"]["url"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded":
                self.said.append(json.dumps(given)[:500])
        return heard


@contextmanager
def page(size: tuple[int, int] = SIZE) -> Iterator[Page]:
    """A browser with an empty profile, ended with the block. Raises ``FileNotFoundError`` without a Chromium."""
    program = chromium()
    if program is None:
        raise FileNotFoundError("chromium")
    hears, to = os.pipe()
    back, speaks = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = [program, *_WORDS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"]
        # The shell gives the pipes the two numbers that Chromium expects; "$@" are the words, unread by the shell.
        plumbing = f'exec "$@" {_READS}<&{hears} {_WRITES}>&{speaks}'
        browser = subprocess.Popen(
            ["/bin/bash", "-c", plumbing, "chromium", *words], pass_fds=(hears, speaks), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(hears)
        os.close(speaks)
        try:
            yield Page(to, back, size)
        finally:
            os.close(to)
            os.close(back)
            browser.terminate()
            browser.wait(20)
