"""Send a folder; start it again after anything, a kill -9 too, and it goes on where it was.

python upload_folder.py https://mam.local mam_… PROJECT_ID FOLDER
"""

import sys

from mam_client import Client

url, key, project_id, folder = sys.argv[1:]
with Client(url, key) as mam:
    report = mam.upload_folder(folder, project_id, progress=lambda now: print(now.done, "/", now.total))
for failure in report.failed:
    print(failure.path, failure.error)
print(len(report.uploaded), "sent,", len(report.skipped), "there already")
sys.exit(not report.ok)
