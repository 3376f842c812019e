"""`mam init`: write a commented configuration to start from."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import typer

from mam.cli.box import box_of
from mam.errors import ConfigError


def init(
    context: typer.Context,
    force: bool = typer.Option(False, help="Replace a file that is there."),
) -> None:
    """Write `config.toml` (or the file of --config) with every setting, its default and what it does."""
    box = box_of(context)
    folder = Path(box.data) if box.data else Path()
    target = Path(box.config_file) if box.config_file else folder / "config.toml"
    if target.exists() and not force:
        raise ConfigError(f"{target}: there is such a file already; --force replaces it.")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_example(), encoding="utf-8")
    typer.echo(f"Wrote {target}. `mam config check --config {target}` validates it.")


def _example() -> str:
    """The example beside the checkout's pyproject.toml, or the copy that an installed package carries."""
    beside = Path(__file__).resolve().parents[2] / "config.example.toml"
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    return resources.files("mam").joinpath("config.example.toml").read_text(encoding="utf-8")
