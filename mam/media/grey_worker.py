"""The contained half of `mam.media.grey` for pictures: one of our JPEGs small and grey, as bytes on stdout.

Started as a script by its path, inside the walls only: `grey_worker.py PACKAGES SOURCE SIDE`. Of libvips'
many readers the one for JPEG is let in. Writes no file.
"""

from __future__ import annotations

import os
import sys


def _main(packages: str, source: str, side: int) -> None:
    """Stretch the picture to a square and write its pixels, row by row."""
    os.environ["VIPS_BLOCK_UNTRUSTED"] = "1"
    os.environ["VIPS_CONCURRENCY"] = "1"
    sys.path.append(packages)
    import pyvips  # noqa: PLC0415 - only now is it known where it lies

    pyvips.cache_set_max(0)
    pyvips.operation_block_set("VipsForeignLoad", True)
    pyvips.operation_block_set("VipsForeignLoadJpeg", False)
    small = pyvips.Image.thumbnail(source, side, height=side, size="force", fail_on="none")
    grey = small.colourspace("b-w").extract_band(0).cast("uchar")
    sys.stdout.buffer.write(grey.write_to_memory())


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
