"""Write what the clients know of the API from its OpenAPI document: types, calls, and the methods over them.

    python clients/python/tools/generate.py [openapi.json]

Without a file the document of this checkout is taken. Writes `src/mam_client/models.py`, `calls/`,
`_methods.py` and the TypeScript client's `src/api.ts`; the tests fail where these are not what it would
write. Never touches a file that people write.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))
import python_types  # found by the path above
import typescript_types
from operations import Operation, read

PYTHON = Path(__file__).parents[1] / "src" / "mam_client"
TYPESCRIPT = Path(__file__).parents[2] / "typescript" / "src" / "api.ts"


def files(document: dict[str, Any]) -> dict[Path, str]:
    """Every generated file with its text."""
    operations = read(document)
    models = python_types.Models(document)
    found = {PYTHON / "calls" / f"{tag}.py": text for tag, text in _calls(operations, models)}
    found[PYTHON / "calls" / "__init__.py"] = python_types.index(operations)
    found[PYTHON / "_methods.py"] = python_types.methods(operations)
    found[PYTHON / "models.py"] = models.text()
    texts = _formatted(found)
    texts[TYPESCRIPT] = typescript_types.text(document, operations)
    return texts


def _calls(operations: list[Operation], models: python_types.Models) -> list[tuple[str, str]]:
    tags = sorted({one.tag for one in operations})
    return [(tag, python_types.calls([one for one in operations if one.tag == tag], models)) for tag in tags]


def _formatted(texts: dict[Path, str]) -> dict[Path, str]:
    """As ruff writes them: one call for all."""
    settings = Path(__file__).parents[3] / "pyproject.toml"
    with tempfile.TemporaryDirectory() as folder:
        places = {path: Path(folder) / f"{number}.py" for number, path in enumerate(texts)}
        for path, place in places.items():
            place.write_text(texts[path], encoding="utf-8")
        ruff = [sys.executable, "-m", "ruff", "format", "-q", "--config", str(settings)]
        subprocess.run([*ruff, folder], check=True)  # noqa: S603 - our own files
        return {path: place.read_text(encoding="utf-8") for path, place in places.items()}


def main() -> None:
    """Write the files and take away those of tags that are no more."""
    if len(sys.argv) > 1:
        document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    else:
        from mam.web.openapi import openapi_document  # noqa: PLC0415 - only where no file is given

        document = openapi_document()
    wanted = files(document)
    for path in set((PYTHON / "calls").glob("*.py")) - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
