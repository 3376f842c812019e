"""The S3 store keeps what every store promises, on a real server."""

from __future__ import annotations

from mam.testing import StorageContract


class TestContract(StorageContract):
    """The contract, as files on disk pass it too."""
