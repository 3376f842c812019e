"""Promote one upload in a process of its own: `promote_once.py CONFIG DATA UPLOAD`."""

from __future__ import annotations

import sys
from pathlib import Path

from mam import models
from mam.config import load
from mam.core import open_mam
from mam.services import uploads
from mam.types import SYSTEM

box = open_mam(load(Path(sys.argv[1]), Path(sys.argv[2])), check=False)
models.database.connect(reuse_if_open=True)
uploads.promote(box, SYSTEM, sys.argv[3])
