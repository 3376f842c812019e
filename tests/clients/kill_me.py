"""A sender that kills itself with -9 once so many files are done or bytes are sent: the crash of the tests.

python kill_me.py URL KEY PROJECT PATH FILES BYTES
"""

import os
import signal
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "clients" / "python" / "src"))
from mam_client import Client, Progress

url, key, project, path, files, size = sys.argv[1:]


def tell(now: Progress) -> None:
    """Die where the test wants it."""
    if now.files_done >= int(files) or now.done >= int(size):
        os.kill(os.getpid(), signal.SIGKILL)


with Client(url, key) as mam:
    if Path(path).is_dir():
        mam.upload_folder(path, project, progress=tell)
    else:
        mam.upload_file(path, project_id=project, progress=tell)
