"""Calls of `metrics`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client.call import Call


def metrics() -> Call[bytes]:
    """The box's figures in Prometheus' text form: for administrators, and for programs of this machine."""
    return Call("metrics", "GET", "/metrics", reads="bytes")
