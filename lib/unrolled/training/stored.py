"""The results of the long experiments, as the chapters load them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path("data", "results")
"""Where `make experiments` writes them, from the course's top folder."""


def stored_result(name: str, folder: Path | None = None) -> Any:
    """Return what an experiment found.

    Args:
        name: The experiment, such as ``"echo_windows"``.
        folder: Where the results are; left out, the course's own folder, looked for
            in the present folder and those above it.

    Raises:
        FileNotFoundError: If there is no such result.
    """
    here = Path.cwd()
    places = [folder] if folder else [up / RESULTS for up in (here, *here.parents)]
    for place in places:
        path = place / f"{name}.json"
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))["result"]
    raise FileNotFoundError(
        f"There is no stored result {name!r} near {places[0]}; run the notebook in the "
        f"course's folder, or `make experiments ONLY={name}` to compute it anew."
    )
