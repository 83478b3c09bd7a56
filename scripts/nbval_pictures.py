"""A plug-in for pytest: compare pictures in notebooks as a reader would see them.

nbval compares SVG letter by letter. Processors differ in the last bit of a sum, so a
coordinate that is printed with six decimals can differ in its last digit, and with it
the identifiers that matplotlib derives from coordinates. This plug-in rounds the
coordinates to a hundredth of a point and numbers those identifiers through. All else
in a picture is compared as it is: its structure, colours, labels.

Of an interactive view only its name is compared: its model is a new one on every run,
and the picture that stands in for it may show a run that was trained.
"""

import re
from collections.abc import Callable
from typing import Any

DECIMALS = 2
TAG = re.compile(r"<[A-Za-z][^<>]*>")
DECIMAL_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
# matplotlib's own: a few letters and ten hexadecimal digits, as an id or a reference
HASHED_ID = re.compile(
    r'(?<=["#])([A-Za-z][A-Za-z_]*(?:[0-9]+_)*)([0-9a-f]{10})(?=[")])'
)
VIEW = re.compile(r'<div class="unrolled-view" data-view="([\w-]+)"')


def comparable_picture(text: str) -> str:
    """Bring the SVG in a text into a form that is the same on every processor.

    Text outside an `<svg>` element is left alone, and so are the words in it. A text
    that is an interactive view becomes its name.
    """
    view = VIEW.match(text)
    if view:
        return f"the view {view[1]}"
    head, sign, picture = text.partition("<svg")
    if not sign:
        return text
    return head + number_ids(TAG.sub(rounded_tag, sign + picture))


def rounded_tag(match: re.Match[str]) -> str:
    """Round the numbers in the attributes of one tag."""
    return DECIMAL_NUMBER.sub(rounded_number, match[0])


def rounded_number(match: re.Match[str]) -> str:
    """Round one number; what rounds to minus zero becomes zero."""
    return f"{round(float(match[0]), DECIMALS) + 0.0:.{DECIMALS}f}"


def number_ids(picture: str) -> str:
    """Replace hashed identifiers by numbers, in the order of their appearance."""
    numbers: dict[str, int] = {}

    def numbered(match: re.Match[str]) -> str:
        return f"{match[1]}id{numbers.setdefault(match[0], len(numbers) + 1)}"

    return HASHED_ID.sub(numbered, picture)


def with_pictures(sanitize: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Make nbval's clean-up of an output treat pictures too."""

    def sanitize_output(cell: Any, output: Any) -> Any:
        clean = sanitize(cell, output)
        return comparable_picture(clean) if isinstance(clean, str) else clean

    return sanitize_output


def pytest_configure() -> None:
    """Put the comparison of pictures into nbval when pytest starts."""
    from nbval.plugin import IPyNbCell

    IPyNbCell.sanitize = with_pictures(IPyNbCell.sanitize)
