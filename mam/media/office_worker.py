"""The contained half of `mam.media.office`: an office suite in this process turns a document into a PDF.

Started as a script by its path, inside the walls only: `office_worker.py PROGRAM_FOLDER SOURCE PAGES`. Loads
the suite's own library through its C interface (LibreOfficeKit), which needs neither a socket nor a second
process, so the walls stay as they are for everything else. Macros are off three times over: the interface's
default, the profile, the options of the load. Writes `page.pdf` in the folder that it was started in, and a
profile in scratch space.
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

LIBRARIES = ("libmergedlo.so", "libsofficeapp.so")
"""Which of a suite's libraries brings the interface; one is there."""

UNUSABLE = 3
"""Exit status: this suite does not start; it says nothing about the document."""

_UNREADABLE = 4
# LibreOfficeKit.h: a class is its size and then functions, in this order for good.
_LOAD, _SAVE = 3, 1
_OPTIONS = b"Batch=true,MacroSecurityLevel=3"
_SETTINGS = (
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "0"),  # never
    ("Calc/Content/Update", "Link", "2"),  # never
)
_ITEM = """<item oor:path="/org.openoffice.Office.{}">
<prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>
"""
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{}</oor:items>
"""


def _profile() -> str:
    """A fresh profile of the suite's user, as an address."""
    folder = Path(tempfile.mkdtemp(prefix="profile-"))
    os.environ["HOME"] = str(folder)
    (folder / "user").mkdir()
    (folder / "user" / "registrymodifications.xcu").write_text(
        _PROFILE.format("".join(_ITEM.format(*one) for one in _SETTINGS)), encoding="utf-8"
    )
    return folder.as_uri()


def _start(folder: Path) -> int:
    """The suite; exits with `UNUSABLE` where there is none that starts."""
    library = next((folder / name for name in LIBRARIES if (folder / name).exists()), None)
    if library is None:
        sys.exit(UNUSABLE)
    try:
        hook = ctypes.CDLL(str(library)).libreofficekit_hook_2
    except (OSError, AttributeError):
        sys.exit(UNUSABLE)
    hook.restype, hook.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_char_p]
    return hook(str(folder).encode(), _profile().encode()) or sys.exit(UNUSABLE)


def _function(thing: int, at: int, result: type, *arguments: type) -> Callable[..., Any]:
    """A function of an object of the C interface, by its place in the object's class."""
    functions = ctypes.cast(thing, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
    return ctypes.CFUNCTYPE(result, ctypes.c_void_p, *arguments)(functions[1 + at])


def _main(folder: str, source: str, pages: str) -> None:
    """Convert; leaves at once, for a suite that is taken down in order takes its time and may fall."""
    suite, text = _start(Path(folder)), ctypes.c_char_p
    address = "file://" + quote(source)
    document = _function(suite, _LOAD, ctypes.c_void_p, text, text)(suite, address.encode(), _OPTIONS)
    if not document:
        os._exit(_UNREADABLE)
    made = Path.cwd().joinpath("page.pdf").as_uri().encode()
    filter_options = f"PageRange={pages}".encode()
    saved = _function(document, _SAVE, ctypes.c_int, text, text, text)(document, made, b"pdf", filter_options)
    os._exit(0 if saved else _UNREADABLE)


if __name__ == "__main__":
    _main(*sys.argv[1:])
