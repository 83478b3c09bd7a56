"""The base of all interactive figures: one view, in every place where it is read.

A view is an anywidget. With a running kernel its state is shared with Python; on the
course's site, in a notebook that was opened without running it, and in a printed page
nobody answers, and it works or is represented all the same:

* its script travels with it (``bundling``), so that a stored notebook can show it;
* its HTML form is a picture with a text, which stands where no script runs, and which
  the site's ``views_mount.js`` replaces by the view itself.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import anywidget
import traitlets

from unrolled.views.bundling import SCRIPTS, bundle, style_sheet
from unrolled.views.figures.style import Drawing

HINT = "This figure is interactive on the course's site and in a running notebook."

# What nobody sees of a picture: who made it, and comments.
_UNSEEN = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->", re.DOTALL)
_IN_DOUBLE_QUOTES = re.compile(r'="([^"\']*)"')
# What an address may hold as it is, inside an attribute in double quotes.
_PLAIN = " !$'()*+,-./:;=?@[]^_{|}~"


class View(anywidget.AnyWidget):
    """An interactive figure.

    A subclass names its module and declares what it shares with its script as traits
    tagged ``sync=True``.

    Attributes:
        module: The name of its ES module, without the ending: ``"surface"``.
        scripts: The folder where that module is.
        picture: The drawing that stands in for the view where no script runs.
        alt: That picture in words.
    """

    module: ClassVar[str]
    scripts: ClassVar[Path] = SCRIPTS

    view = traitlets.Unicode().tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(self, *, picture: Drawing, alt: str, **state: Any) -> None:
        """Make a view with a stand-in.

        Args:
            picture: The drawing that stands in for the view where no script runs.
            alt: That picture in words, for those who do not see it.
            **state: Values of the view's traits.

        Raises:
            ValueError: If ``alt`` has no word, or the script cannot be bundled.
            FileNotFoundError: If the module or its style sheet does not exist.
        """
        if not alt.strip():
            raise ValueError(
                "alt must say in words what the picture shows, but it is empty."
            )
        self.picture, self.alt = picture, alt
        script = bundle(self.module, self.scripts)
        style = style_sheet(self.module, self.scripts)
        super().__init__(view=self.module, _esm=script, _css=style, **state)

    def __repr__(self) -> str:
        """Stand in for the view where only text is shown, the same on every run."""
        return f"{type(self).__name__}: an interactive figure"

    def _repr_mimebundle_(
        self, **kwargs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Give every front end the form that it can show: widget, HTML or text."""
        forms = super()._repr_mimebundle_(**kwargs)
        if forms is None:
            return None
        data, metadata = forms
        html = stand_in(self.module, self.model_id, repr(self), self.alt, self.picture)
        return {**data, "text/html": html}, metadata


def stand_in(module: str, model: str, label: str, alt: str, picture: Drawing) -> str:
    """Return the HTML form of a view: a picture, its text, and what it stands for.

    Args:
        module: The name of the view's ES module.
        model: The identifier of its model, under which a notebook stores its state.
        label: What the figure is called.
        alt: The picture in words.
        picture: The drawing.
    """
    return (
        f'<div class="unrolled-view" data-view="{escape(module)}" '
        f'data-model="{escape(model)}" role="group" aria-label="{escape(label)}">'
        f'<img alt="{escape(alt)}" src="{picture_address(picture)}">'
        f"<p>{escape(HINT)}</p></div>"
    )


def picture_address(picture: Drawing) -> str:
    """Return a drawing as an address that holds all of it.

    Its letters stay letters: compressed for the way to a reader, that is about half
    of what base64 leaves. Single quotes stay themselves too, so they take the place of
    double ones.
    """
    svg = picture._repr_svg_()
    svg = _UNSEEN.sub("", svg[svg.index("<svg") :])
    svg = _IN_DOUBLE_QUOTES.sub(r"='\1'", " ".join(svg.split()))
    return f"data:image/svg+xml,{quote(svg, safe=_PLAIN)}"
