"""Writes an update bundle of a system's files: `bundle.py LIVE TARGET --key PEM --migrations FOLDER`.

LIVE is the folder of an ISO with kernel, initial ramdisk, squashfs and the version's name.
"""

from __future__ import annotations

import argparse
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from mam.services import update_bundle as bundle

LOWEST = "0.1.0"
"""The oldest version that can be brought to this one."""


def main() -> None:
    """Write it beside its name first, so that a bundle that is there is whole."""
    given = _arguments()
    manifest = bundle.Manifest(
        version=(given.live / "version").read_text("ascii").strip(),
        architecture=given.architecture,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        lowest=given.lowest,
        migrations=tuple(sorted(file.stem for file in given.migrations.glob("[0-9]*.py"))),
        files=bundle.describe(given.live),
    )
    new = given.target.with_name(f"{given.target.name}.new")
    with new.open("wb") as target:
        bundle.write(target, manifest, given.live, bundle.signing_key(given.key))
    new.replace(given.target)
    signer = bundle.key_id(bundle.signing_key(given.key).public_key())
    sys.stdout.write(f"MAM {manifest.version}, {manifest.bytes >> 20} MiB, signed by {signer}\n")


def _arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("live", type=Path)
    reader.add_argument("target", type=Path)
    reader.add_argument("--key", type=Path, required=True)
    reader.add_argument("--migrations", type=Path, required=True)
    reader.add_argument("--lowest", default=LOWEST)
    reader.add_argument("--architecture", default=platform.machine().lower())
    return reader.parse_args()


if __name__ == "__main__":
    main()
