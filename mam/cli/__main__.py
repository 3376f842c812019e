"""`python -m mam.cli`: the same as the command `mam`."""

from mam.cli import main

main()
