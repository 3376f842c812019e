"""Print what the image is made of as a CycloneDX 1.5 document: Debian's packages and Python's.

Run inside the image, by the Python of its virtual environment. Writes nothing but standard output.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distributions
from typing import Any


def main() -> None:
    """Write the document."""
    parts = [*_debian(), *_python()]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": parts}
    json.dump(document, sys.stdout, indent=1)


def _debian() -> list[dict[str, Any]]:
    form = "${Package}\t${Version}\t${Architecture}\n"
    said = subprocess.run(
        ["/usr/bin/dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True
    )
    rows = (line.split("\t") for line in said.stdout.splitlines())
    return [
        {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:deb/debian/{name}@{version}?arch={arch}",
        }
        for name, version, arch in rows
    ]


def _python() -> list[dict[str, Any]]:
    found = {one.metadata["Name"].lower(): one for one in distributions()}
    return [
        {
            "type": "library",
            "name": name,
            "version": one.version,
            "licenses": [{"license": {"name": told}}],
            "purl": f"pkg:pypi/{name}@{one.version}",
        }
        for name, one in sorted(found.items())
        for told in [
            one.metadata.get("License-Expression") or (one.metadata.get("License") or "unknown")[:100]
        ]
    ]


if __name__ == "__main__":
    main()
