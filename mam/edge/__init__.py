"""The delivery service: checks a grant, then serves preview bytes with ranges from disk or a disk cache."""
