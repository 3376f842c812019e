"""A real Chromium sends a part to the bucket from a page like the portal's: policy, CORS, ETag."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from mam_storage_s3 import Settings, open_store
from playwright.sync_api import sync_playwright

from mam.config import Config
from mam.web.asgi import security_policy

SIZE = 300_000
SEND = """([url, size]) => new Promise((done) => {
  const request = new XMLHttpRequest();
  request.onload = () => done([request.status, request.getResponseHeader("ETag")]);
  request.onerror = () => done([0, null]);
  request.open("PUT", url);
  request.send(new Blob([new Uint8Array(size)]));
})"""


@pytest.fixture
def page_of() -> Iterator[Callable[[str], str]]:
    """Serve an empty page under the portal's content security policy for a store; answers its origin."""
    running: list[http.server.ThreadingHTTPServer] = []

    def serve(part_origin: str) -> str:
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Security-Policy", security_policy(part_origin).decode())
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>portal</title>")

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_a_browser_sends_parts_to_the_bucket_and_reads_the_etag(
    settings: Settings, config_of: Callable[[Settings], Config], page_of: Callable[[str], str]
) -> None:
    """Issue 4, 1: straight from the browser; another origin, or a page that may not, sends nothing."""
    # Given a portal whose pages name the store, one that does not, and a stranger
    origin = f"http://{settings.endpoint}"
    portal, silent, stranger = page_of(origin), page_of(""), page_of(origin)
    store = open_store(config_of(replace(settings, cors_origins=(portal, silent))))
    ref = store.begin("k", SIZE, 5 << 20)
    url = store.part_address("k", ref, 1, SIZE, 60).url
    # When each sends the part from Chromium
    results = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for address in (silent, stranger, portal):
            page = browser.new_page()
            page.goto(address)
            results[address] = page.evaluate(SEND, [url, SIZE])
            page.close()
            if address != portal:
                assert store.list_parts("k", ref) == []
        browser.close()
    # Then only the portal's arrives, and its page reads the receipt
    received = store.list_parts("k", ref)
    assert [one.size for one in received] == [SIZE]
    assert results[portal] == [200, json.dumps(received[0].etag)]
    assert results[silent] == results[stranger] == [0, None]
