"""Small secrets that services keep in the database; the work is `mam.sealed`, which the core needs too."""

from __future__ import annotations

from mam.sealed import seal, unseal

__all__ = ["seal", "unseal"]
