"""The fixtures every test may ask for come with the product: `mam.testing`."""

import pytest

pytest.register_assert_rewrite("mam.testing_contracts")
pytest_plugins = ["mam.testing"]
