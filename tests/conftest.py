"""The fixtures every test may ask for come with the product: `mam.testing`."""

pytest_plugins = ["mam.testing"]
