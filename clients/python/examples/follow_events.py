"""Print what happens on the box, and go on after the last event where this program left off.

python follow_events.py https://mam.local mam_… last-event.txt
"""

import sys
from pathlib import Path

from mam_client import Client

url, key, place = sys.argv[1], sys.argv[2], Path(sys.argv[3])
with Client(url, key) as mam:
    for event in mam.events(since=place.read_text() if place.exists() else None):
        print(event.type, event.data, flush=True)
        place.write_text(event.id)
