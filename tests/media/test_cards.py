"""Which folders are taken in as one unit."""

from __future__ import annotations

from pathlib import Path

from mam.media.cards import find_cards


def test_a_folder_with_its_own_hash_list_is_one_unit(tmp_path: Path) -> None:
    """A delivery that is not what its own list says is never taken in file by file."""
    # Given a loose folder, and one that came with an ASC MHL history and holds a camera's folder
    (tmp_path / "loose" / "deep").mkdir(parents=True)
    (tmp_path / "listed" / "ascmhl").mkdir(parents=True)
    (tmp_path / "listed" / "ascmhl" / "ascmhl_chain.xml").write_text("<x/>")
    (tmp_path / "listed" / "A001" / "DCIM").mkdir(parents=True)
    # When the units are looked for
    found = list(find_cards(tmp_path))
    # Then the listed folder is one, whole
    assert found == [tmp_path / "listed"]
