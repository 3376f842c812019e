"""An edge on a machine of its own tells its figures to programs of that machine."""

from __future__ import annotations

from mam import metrics
from mam.core import Mam
from mam.edge.app import create_app

HERE = {"client": ("127.0.0.1", 50_000)}


async def test_an_edge_tells_what_it_counted(sqlite_box: Mam) -> None:
    """Given refused addresses, when asked from here, then they are counted; a stranger gets 404."""
    metrics.take()
    app = create_app(sqlite_box.config)
    client = app.test_client()
    for _ in range(2):
        assert (await client.get("/s/not-signed/x/master.m3u8")).status_code == 403
        answer = await client.get("/metrics", headers={"Host": "localhost"}, scope_base=HERE)
        text = await answer.get_data(as_text=True)
    assert 'mam_edge_requests_total{kind="preview",status="403"} 2.0' in text
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert (await client.get("/metrics")).status_code == 404
