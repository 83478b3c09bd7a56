"""The course's own tools: run each from the root, as `python -m scripts.NAME`."""
