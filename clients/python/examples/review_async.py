"""Make a project, send a film, leave a note at a frame and share it for review; all awaited.

python review_async.py https://mam.local mam_… FILM
"""

import asyncio
import sys

from mam_client import AsyncClient, calls


async def main(url: str, key: str, film: str) -> None:
    """Do it, and print the address of the review."""
    async with AsyncClient(url, key) as mam:
        project = await mam.create_project(name="Salt of the Karst")
        sent = await mam.upload_file(film, project_id=project["id"], tags=("dailies",))
        await mam.create_comment(sent.asset_id, version_id=sent.version_id, body="Too dark here", frame=12)
        share = await mam.create_share(asset_ids=[sent.asset_id], allow_comments=True)
        async for note in mam.iterate(calls.list_comments(sent.asset_id)):
            print(note["author"], note["body"])
        print(share["url"])


asyncio.run(main(*sys.argv[1:]))
