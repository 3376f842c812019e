"""The pages: one action a file, each asks a service and fills a view; the theme draws it."""
