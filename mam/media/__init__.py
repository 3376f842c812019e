"""What the box knows about media: reading untrusted bytes behind walls, and arithmetic on time.

No database, no network, no hooks. `ffmpeg` is the only module that starts ffmpeg and ffprobe.
"""
