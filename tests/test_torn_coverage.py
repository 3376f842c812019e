"""What killed programs leave of their coverage cannot end a run of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from coverage import Coverage, CoverageData


def test_torn_data_files_go_before_they_are_combined(
    tmp_path: Path, pytestconfig: pytest.Config, recwarn: pytest.WarningsRecorder
) -> None:
    # Given the data of a program, and what three that were killed left
    conftest = pytestconfig.pluginmanager.get_plugin(str(Path(__file__).with_name("conftest.py")))
    place = tmp_path / ".coverage"
    whole = CoverageData(tmp_path / ".coverage.box.pid1.x")
    whole.add_lines({__file__: range(1, 2000)})
    data = (tmp_path / ".coverage.box.pid1.x").read_bytes()
    page = len(data) // 2 // 4096 * 4096
    torn = {"middle": data[:page] + b"\xff" * 4096 + data[page + 4096 :], "half": data[:5000], "none": b""}
    for name, left in torn.items():
        (tmp_path / f".coverage.box.pid2.{name}").write_bytes(left)
    # When they are looked at
    found = {one.suffix[1:] for one in conftest.remove_torn(place)}
    # Then those are gone, which is told, and the rest can be combined
    assert found == set(torn)
    assert len(recwarn) == len(torn)
    coverage = Coverage(data_file=str(place))
    coverage.combine()
    assert coverage.get_data().lines(__file__)
