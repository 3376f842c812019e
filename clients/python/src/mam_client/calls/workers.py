"""Calls of `workers`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, given


def certificate() -> Call[models.WorkerCertificate]:
    """The certificate that a joining machine compares with its token's fingerprint, then trusts."""
    return Call("certificate", "GET", "/api/workers/certificate")


def join(
    *,
    token: str,
    version: str,
    host: str,
) -> Call[models.WorkerSettings]:
    """Exchange a one-time token for what a worker needs: addresses, credentials, keys."""
    return Call(
        "join", "POST", "/api/workers/join", body=given({"token": token, "version": version, "host": host})
    )
