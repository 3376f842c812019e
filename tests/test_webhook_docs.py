"""`docs/webhooks.md` says what is: every type of event, and an example that checks a signature."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path
from typing import Any

from mam import webhook_signing
from mam.event_types import TYPES
from mam.services import webhook_queue

PAGE = (Path(__file__).parents[1] / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_every_type_is_listed_with_its_data_and_right() -> None:
    listed = [line for line in PAGE.splitlines() if line.startswith("| `")]
    wanted = []
    for one in TYPES:
        own = ", ".join(f"`{name}`" for name in one.fields) or "none"
        wanted.append(f"| `{one.name}` | {one.what} | {own} | `{one.right}` |")
    assert listed == wanted
    assert len({one.name for one in TYPES}) == len(TYPES)


def test_the_example_checks_what_the_box_signs() -> None:
    # Given the example as it stands, and a delivery signed with two secrets
    example: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0], example)  # noqa: S102 - our own page
    secrets = tuple("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    stamp, body = int(time.time()), b'{"type":"version.ready"}'
    made = webhook_signing.signature(secrets, "msg", stamp, body)
    headers = {"webhook-id": "msg", "webhook-timestamp": str(stamp), "webhook-signature": made}
    # Then either secret holds, and nothing that was changed does
    assert all(example["holds"](one, headers, body) for one in secrets)
    assert not example["holds"](secrets[0], headers, body + b" ")
    assert not example["holds"](secrets[0], {**headers, "webhook-id": "other"}, body)
    late = {**headers, "webhook-timestamp": str(stamp - 301)}
    assert not example["holds"](secrets[0], late, body)


def test_the_published_vector_of_the_standard() -> None:
    """The test vector that the libraries of Standard Webhooks share."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    found = webhook_signing.signature((secret,), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_attempts_go_on_for_a_day() -> None:
    assert 20 * 3600 < sum(webhook_queue.RETRIES) < 26 * 3600
