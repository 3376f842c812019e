"""Logins when the process dies, starts again, or was given a secret that is none."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mam import models
from mam.config import Auth, Config, Secret
from mam.core import Mam, open_auth_keys, open_mam
from mam.errors import ConfigError, RateLimitedError, UnauthorizedError
from mam.models import RefreshToken, Session, database
from mam.services import accounts, sessions

WORD = "correct horse battery"
LONG = 60  # seconds of waiting that outlast a restart, also on a busy machine

# Refreshes once in a process of its own and dies by SIGKILL at a given point of the rotation.
KILLED = """
import os, signal, sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from mam import models
from mam.config import Config, Database, QueueConfig, Secret
from mam.core import open_mam
from mam.services import sessions

data, url, queue, point, token = sys.argv[1:]
config = Config(data=Path(data), database=Database(url=Secret(url)), queue=QueueConfig(url=Secret(queue)))
mam = open_mam(config, check=False)
real = getattr(sessions, point)

def die(*args, **kwargs):
    if point == "_answer":
        real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(sessions, point, die)
with models.database.connection_context():
    sessions.refresh(mam, token)
"""


@pytest.mark.parametrize("point", ["_mint", "_answer"])
def test_a_refresh_that_dies_half_way_can_be_asked_again(box: Mam, point: str) -> None:
    """Promise F3: SIGKILL between spending R1 and minting R2 (or before the commit): R1 still refreshes."""
    # Given a login
    accounts.add_user(box, email="ada@x.y", name="Ada", password=WORD, admin=False)
    first = sessions.login(box, email="ada@x.y", password=WORD)
    # When the process that rotates its token is killed after the old one was spent
    config = box.config
    arguments = [config.data, config.database.url, config.queue.url, point, first["refresh_token"]]
    died = subprocess.run([sys.executable, "-c", KILLED, *map(str, arguments)], check=False, timeout=180)
    assert died.returncode == -signal.SIGKILL
    # Then nothing of it is left: no spent token, no successor
    assert [token.spent_at for token in RefreshToken.select()] == [None]
    # And the client, who never got an answer, can refresh again; the session lives
    second = sessions.refresh(box, first["refresh_token"])
    assert sessions.actor_from_token(box, second["access_token"])
    assert Session.select().where(Session.revoked_at.is_null()).count() == 1


def test_a_restart_forgives_no_guesses(make_config: Callable[..., Config]) -> None:
    """Promise F7: the counters of wrong logins survive a restart of the box."""
    # Given a box where somebody guessed until they had to wait
    config = make_config()
    mam = open_mam(config, migrate=True, check=False)
    with database.connection_context():
        accounts.add_user(mam, email="ada@x.y", name="Ada", password=WORD, admin=False)
        assert _guess_until_refused(mam) >= 3
    mam.queue.redis.close()
    # When the box starts again
    again = open_mam(config, check=False)
    # Then the very next guess from there is refused still
    with database.connection_context():
        with pytest.raises(RateLimitedError):
            sessions.login(again, email="ada@x.y", password=WORD, address="203.0.113.5")
        assert sessions.login(again, email="ada@x.y", password=WORD, address="198.51.100.7")
    again.queue.redis.close()


def _guess_until_refused(mam: Mam) -> int:
    """Guess until the wait is long enough for a restart; answers how many guesses were checked."""
    checked, retry_after = 0, 0
    while retry_after < LONG:
        try:
            sessions.login(mam, email="ada@x.y", password="guess", address="203.0.113.5")
        except UnauthorizedError:
            checked += 1
        except RateLimitedError as error:
            retry_after = error.retry_after
            _let_time_pass()
    return checked


def _let_time_pass() -> None:
    """End each wait, as if the guesser had been patient, but for the long one at the end."""
    short = models.LoginAttempt.blocked_until < models.now() + timedelta(seconds=LONG)
    models.LoginAttempt.update(blocked_until=models.now()).where(short).execute()


@pytest.mark.parametrize(
    "secret",
    [
        "tiny",
        "changeme" * 8,
        "x" * 64,
        "your-secret-key-example-of-thirty-two-bytes",
        "default-jwt-secret" * 3,
    ],
)
def test_weak_secrets_refuse_to_start(make_config: Callable[..., Config], secret: str) -> None:
    """Promise F10: a default, short or example secret for access tokens is a start-up error that names it."""
    config = make_config(auth=Auth(secret=Secret(secret)))
    with pytest.raises(ConfigError) as error:
        open_mam(config, migrate=True, check=False)
    assert "auth.secret" in error.value.detail
    assert secret not in error.value.detail


def test_a_secret_others_can_read_refuses_to_start(make_config: Callable[..., Config]) -> None:
    """Promise F10: a key ring of mode 0644, or with a weak key in it, is a start-up error."""
    # Given a box that made its keys
    config = make_config()
    open_mam(config, migrate=True, check=False).queue.redis.close()
    ring = config.secrets / "auth-keys.json"
    assert ring.stat().st_mode & 0o777 == 0o600
    # When others may read them
    ring.chmod(0o644)
    # Then it does not start again
    with pytest.raises(ConfigError, match=r"auth-keys\.json"):
        open_mam(config, check=False)
    # And neither with an example for a key
    _write_ring(ring, b"changeme" * 4)
    with pytest.raises(ConfigError, match=r"auth-keys\.json"):
        open_mam(config, check=False)


def test_a_good_secret_of_ones_own_is_used(make_config: Callable[..., Config]) -> None:
    config = make_config(auth=Auth(secret=Secret("kX9v2Qm4Zr7Lw1Tb8Yc5Nd3Hf6Jg0Ps-aVeU")))
    ring = open_auth_keys(config)
    assert ring.active().secret == config.auth.secret.encode()
    # Another process of the same configuration has the same key under the same id
    assert open_auth_keys(replace(config)).active().kid == ring.active().kid


def _write_ring(path: Path, secret: bytes) -> None:
    text = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    path.write_text(json.dumps({"active": "k", "keys": {"k": {"secret": text, "not_after": None}}}))
    path.chmod(0o600)
