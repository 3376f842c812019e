"""What the box decides: plain synchronous functions, one per use case; the first argument is the `Mam`."""
