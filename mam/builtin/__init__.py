"""The core's own plugins: they answer the same hooks as everybody else, and are asked last."""
