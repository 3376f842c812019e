"""What left the browser is what is compared: SHA-256 in a worker while the parts are on their way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Open = Callable[..., Page]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Twelve megabytes that nobody else has: three parts."""
    path = tmp_path / "A003_C012.bin"
    path.write_bytes(hashlib.sha256(str(tmp_path).encode()).digest() * (12 << 15))
    return path


def test_a_byte_that_flips_on_the_way_is_caught_and_sent_again(
    open_page: Open, film: Path, watched: Any, api: Any
) -> None:
    # Given a network that damages the second part once
    watched.allowed.append("422")
    project = api.make_project("Damaged on the way")
    page = open_page(f"/projects/{project}")
    damaged: list[str] = []
    promoted: list[dict[str, Any]] = []

    def damage(route: Route) -> None:
        data = route.request.post_data_buffer or b""
        if not damaged and len(data) == 5 << 20:
            damaged.append(route.request.url)
            data = data[:1000] + bytes([data[1000] ^ 1]) + data[1001:]
        route.continue_(post_data=data)

    page.route("**/upload-parts/**", damage)
    page.on(
        "request",
        lambda request: (
            promoted.append(json.loads(request.post_data or "{}"))
            if request.url.endswith("/api/promote")
            else None
        ),
    )
    # When a file is uploaded, then it arrives in the end as it left
    page.set_input_files("#pick-files", film)
    expect(page.locator(".dock")).to_contain_text("Verified ✓ 1 of 1")
    right = hashlib.sha256(film.read_bytes()).hexdigest()
    assert len(damaged) == 1
    assert [one["sha256"] for one in promoted] == [right, right]
    (asset,) = api.client.get("/api/assets", params={"project_id": project}).json()["items"]
    assert api.client.get(f"/api/assets/{asset['id']}").json()["versions"][0]["sha256"] == right
