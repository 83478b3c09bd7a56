"""The local Sphinx extension of the course's site.

It does what ``_config.yml`` cannot:

* **Assets.** Adds ``site/assets`` to the static files. The folder is not called
  ``_static``, because Jupyter Book would then load every script and style sheet it
  finds there on every page.
* **MathJax.** Copies MathJax from ``node_modules`` into the built site, so that
  formulas are set without any network.
* **Views.** Hands a page's interactive views to ``views_mount.js``: their state,
  without the scripts and styles that a notebook needs and the site has already.
* **Buttons.** One "Download notebook" button on each chapter; the launch buttons
  only once the publisher has set the repository's address.
* **Status.** The directive ``{run-status}`` renders the run times and the package
  versions that were recorded when the stored outputs were made.
* **Accessibility.** Names for the theme's nameless buttons, landmarks for its stray
  regions, no repeated ids.
* **The way in.** ``index.html`` leads to the first page, under the site's own icon.

Everything is written with relative addresses: the site works under any path.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, NbMetadataCollector
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator as HTMLTranslator

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent.resolve()
MATHJAX = Path("node_modules", "mathjax-full", "es5")

ICON_SCRIPT = re.compile(r"<script\b[^>]*/fontawesome\.js[^>]*></script>")

# What MathJax's one script fetches while a page is read: fonts, TeX extensions for
# rarer commands, and the parts that read formulas aloud (in English).
MATHJAX_PARTS = (
    "tex-mml-chtml.js",
    "output/chtml/fonts/woff-v2/*.woff",
    "input/tex/extensions/*.js",
    "a11y/*.js",
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
    "sre/mathmaps/nemeth.json",
)


# --- MathJax ------------------------------------------------------------------


def find_mathjax(root: Path) -> Path:
    """Return the folder of MathJax's scripts below ``root``.

    Raises:
        ExtensionError: if npm has not brought MathJax yet.
    """
    folder = root / MATHJAX
    if not (folder / "tex-mml-chtml.js").is_file():
        raise ExtensionError(
            f"MathJax is missing ({MATHJAX.as_posix()} does not exist): run "
            "`make book`, or `npm ci` in the repository's root, and build again."
        )
    return folder


def check_mathjax(app: Sphinx) -> None:
    """Stop the build at once, not at its end, if MathJax is missing."""
    find_mathjax(Path(app.srcdir))


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy the needed parts of MathJax to ``_static/mathjax`` of the built site."""
    if exception is not None or app.builder.format != "html":
        return
    source = find_mathjax(Path(app.srcdir))
    target = Path(app.outdir, "_static", "mathjax")
    for pattern in MATHJAX_PARTS:
        for file in sorted(source.glob(pattern)):
            copy = target / file.relative_to(source)
            if not copy.is_file():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)


# --- interactive views -----------------------------------------------------------

VIEWS = Path("lib", "unrolled", "views", "js")
STATE = "ipywidgets_state"  # the key under which myst-nb keeps it for a page
NOTEBOOK_ONLY = ("_esm", "_css")


def views_state(stored: str) -> str:
    """Return of a notebook's widget state what the views of the page need.

    Args:
        stored: JSON as myst-nb would write it into the page.

    Returns:
        The same format, for the views of the course alone and without what only a
        notebook needs; empty if the notebook has no view.
    """
    content = json.loads(stored)
    content["state"] = {
        name: model | {"state": without(model["state"], NOTEBOOK_ONLY)}
        for name, model in content["state"].items()
        if "view" in model["state"]
    }
    # No sign in it can end the script element.
    return json.dumps(content).replace("<", "\\u003c") if content["state"] else ""


def without(mapping: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return a copy of a dictionary without some of its keys."""
    return {key: value for key, value in mapping.items() if key not in names}


def prepare_views(app: Sphinx, doctree: nodes.document) -> None:
    """Slim the widget state of a page, and let the page load what mounts its views."""
    page = app.env.docname
    files = NbMetadataCollector.get_js_files(app.env, page)
    if STATE not in files:
        return
    _, attributes = files.pop(STATE)
    state = views_state(attributes["body"])
    if state:
        files[STATE] = (None, attributes | {"body": state})
        files["unrolled_views"] = ("views_mount.js", {"type": "module"})


def copy_views(app: Sphinx, exception: Exception | None) -> None:
    """Copy the views' modules and style sheets to ``_static/unrolled``."""
    if exception is not None or app.builder.format != "html":
        return
    target = Path(app.outdir, "_static", "unrolled")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for pattern in ("*.js", "*.css"):
        for file in Path(app.srcdir, VIEWS).glob(pattern):
            shutil.copyfile(file, target / file.name)


# --- buttons ------------------------------------------------------------------


def configure(app: Sphinx, config: Config) -> None:
    """Add assets and templates; drop an unpublished book's launch buttons."""
    config.html_static_path.append(str(HERE / "assets"))
    config.templates_path.insert(0, str(HERE / "templates"))
    options = config.html_theme_options
    options["navbar_persistent"] = []  # the search has its place in the sidebar
    address = options.get("repository_url", "").strip().rstrip("/")
    options["repository_url"] = address
    if not address:
        options["launch_buttons"] = {}
        return
    options["use_repository_button"] = True
    if "github.com" not in address:  # Colab opens notebooks from GitHub only
        options["launch_buttons"].pop("colab_url", None)


def install_line(config: Config) -> str | None:
    """Return the line that installs the library in a notebook opened elsewhere."""
    options = config.html_theme_options
    if not options["repository_url"]:
        return None
    branch = options.get("repository_branch") or "main"
    source = config.unrolled_wheel or f"git+{options['repository_url']}@{branch}"
    return f"%pip install {source}"


def arrange_buttons(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give the page's template what it needs: buttons, the notebook's address.

    The theme's download menu is replaced: on a chapter by one button, on the other
    pages, whose source helps nobody, by nothing.
    """
    context["without_icon_script"] = partial(ICON_SCRIPT.sub, "")
    context["header_buttons"] = [
        button
        for button in context.get("header_buttons", [])
        if button.get("label") != "download-buttons"
    ]
    if context.get("page_source_suffix") == ".ipynb":
        source = context["pathto"]("_sources", 1)
        context["unrolled_notebook"] = f"{source}/{context['sourcename']}"
        context["unrolled_notebook_name"] = Path(pagename).name + ".ipynb"


def add_install_note(app: Sphinx, doctree: nodes.document) -> None:
    """Put the line for readers on Colab beneath the title of a published chapter."""
    line = install_line(app.config)
    if line is None or not app.env.doc2path(app.env.docname).endswith(".ipynb"):
        return
    section = next(doctree.findall(nodes.section), None)
    if section is None:
        return
    note = nodes.container(classes=["unrolled-install"])
    note += nodes.paragraph("", "Opened on Colab? Run this line in a new first cell:")
    note += nodes.literal_block(line, line, language="text")
    section.insert(1, note)


# --- the status page ----------------------------------------------------------


@dataclass(frozen=True)
class RunRecord:
    """What the clean run that stored a notebook's outputs wrote down about itself.

    Attributes:
        docname: the chapter's name within the book, such as ``chapters/theory``.
        seconds: how long the run took from a fresh kernel, in seconds.
        date: the day of the run, as ``YYYY-MM-DD``.
        python: the version of Python.
        processor: the machine's processor, in words.
        versions: the version of each package that the chapter uses.
    """

    docname: str
    seconds: float
    date: str
    python: str
    processor: str
    versions: dict[str, str]


def read_run_record(path: Path, docname: str) -> RunRecord:
    """Read the record of the last clean run from a notebook's metadata.

    Raises:
        ValueError: if the notebook has no such record, or an incomplete one.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    record = notebook.get("metadata", {}).get("unrolled")
    if not isinstance(record, dict):
        raise ValueError(
            f"{docname}: the notebook's metadata hold no record of a clean run; "
            "store its outputs with scripts/store.py."
        )
    try:
        return RunRecord(
            docname=docname,
            seconds=float(record["seconds"]),
            date=str(record["date"]),
            python=str(record["python"]),
            processor=str(record["processor"]),
            versions={str(k): str(v) for k, v in record["versions"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            f"{docname}: the record of the clean run is incomplete ({error!r}); "
            "store the notebook's outputs again with scripts/store.py."
        ) from error


def version_rows(records: Iterable[RunRecord]) -> list[tuple[str, str, list[str]]]:
    """List (package, version, chapters that ran with it), sorted by package."""
    users: dict[tuple[str, str], list[str]] = {}
    for record in records:
        for package, version in {**record.versions, "Python": record.python}.items():
            users.setdefault((package, version), []).append(record.docname)
    ordered = sorted(users.items(), key=lambda item: item[0][0].lower())
    return [(package, version, names) for (package, version), names in ordered]


def link_to(docname: str) -> nodes.Node:
    """Return a link to a page of the book, with the page's title as its text."""
    link = pending_xref(
        "",
        refdomain="std",
        reftype="doc",
        reftarget=f"/{docname}",
        refexplicit=False,
        refwarn=True,
    )
    link += nodes.inline("", docname)
    return link


def comma_separated(items: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    """Yield the nodes with a comma between any two."""
    for index, item in enumerate(items):
        if index:
            yield nodes.Text(", ")
        yield item


def table(headings: list[str], rows: list[list[Iterable[nodes.Node]]]) -> nodes.table:
    """Build a table from its headings and the inline nodes of its cells."""
    group = nodes.tgroup(cols=len(headings))
    group += [nodes.colspec(colwidth=1) for _ in headings]
    head = nodes.row()
    for heading in headings:
        head += nodes.entry("", nodes.paragraph("", heading))
    group += nodes.thead("", head)
    body = nodes.tbody()
    for cells in rows:
        row = nodes.row()
        for cell in cells:
            row += nodes.entry("", nodes.paragraph("", "", *cell))
        body += row
    group += body
    return nodes.table("", group, classes=["unrolled-status"])


class RunStatus(SphinxDirective):
    """``{run-status}``: the chapters' run times and the versions they ran with."""

    has_content = False
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Return the two tables; a chapter without a record is a build warning."""
        records = list(self.read_records())
        if not records:
            return [nodes.paragraph("", "No chapter has been run yet.")]
        return [*self.times_table(records), *self.versions_table(records)]

    def read_records(self) -> Iterator[RunRecord]:
        """Yield the record of every notebook, in the order of the book."""
        for docname in self.config.external_site_map:
            if docname not in self.env.found_docs:
                continue
            path = Path(self.env.doc2path(docname))
            if path.suffix != ".ipynb":
                continue
            self.env.note_dependency(str(path))
            try:
                yield read_run_record(path, docname)
            except ValueError as error:
                logger.warning(str(error), location=(docname, 1))

    def times_table(self, records: list[RunRecord]) -> list[nodes.Node]:
        """One row per chapter: when, how long and on what it was run."""
        rows: list[list[Iterable[nodes.Node]]] = [
            [
                [link_to(record.docname)],
                [nodes.Text(f"{record.seconds:.1f} s")],
                [nodes.Text(record.date)],
                [nodes.Text(record.processor)],
            ]
            for record in records
        ]
        return [table(["Chapter", "Time to run", "Date", "Processor"], rows)]

    def versions_table(self, records: list[RunRecord]) -> list[nodes.Node]:
        """One row per package and version, naming the chapters that ran with it."""
        rows: list[list[Iterable[nodes.Node]]] = [
            [
                [nodes.Text(package)],
                [nodes.literal("", version)],
                comma_separated(link_to(name) for name in names),
            ]
            for package, version, names in version_rows(records)
        ]
        return [table(["Package", "Version", "Used by"], rows)]


# --- accessibility ------------------------------------------------------------


def drop_repeated_ids(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Remove the id that sphinx-exercise gives to the body of *every* exercise."""
    for section in doctree.findall(nodes.section):
        section["ids"] = [
            name
            for name in section["ids"]
            if name not in ("exercise-content", "solution-content")
        ]


def open_hidden_cell(translator: HTMLTranslator, node: nodes.Element) -> None:
    """Start a folded cell as myst-nb does, but named by the text that one can see."""
    classes = " ".join(node["classes"])
    show, hide = escape(node["prompt_show"]), escape(node["prompt_hide"])
    translator.body.append(
        f'<details class="admonition hide {classes}">\n<summary>\n'
        f'<p class="collapsed admonition-title">{show}</p>\n'
        f'<p class="expanded admonition-title">{hide}</p>\n</summary>\n'
    )


def close_hidden_cell(translator: HTMLTranslator, node: nodes.Element) -> None:
    """End a folded cell."""
    translator.body.append("</details>\n")


def open_citation(translator: HTMLTranslator, node: nodes.citation) -> None:
    """Start an entry of the bibliography as an item of a list.

    docutils gives it a role that has since been deprecated and that no list may hold.
    """
    if not isinstance(node.previous_sibling(), nodes.citation):
        translator.body.append('<div role="list" class="citation-list">\n')
    start = translator.starttag(node, "div", classes=["citation"], role="listitem")
    translator.body.append(start)


def close_citation(translator: HTMLTranslator, node: nodes.citation) -> None:
    """End an entry of the bibliography, and its list after the last one."""
    translator.body.append("</div>\n")
    following = node.next_node(descend=False, siblings=True)
    if not isinstance(following, nodes.citation):
        translator.body.append("</div>\n")


# --- the way in -----------------------------------------------------------------

# Without an icon of its own, the page makes browsers ask the host for /favicon.ico.
REDIRECT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="{icon}">
<meta http-equiv="refresh" content="0; url={page}">
<p><a href="{page}">{title}</a></p>
</html>
"""


def redirect_page(title: str, page: str, favicon: str | None) -> str:
    """Return the HTML of a page that leads on to another one at once.

    Args:
        title: Of the book.
        page: The address that it leads to.
        favicon: The path of the book's icon, which lies in ``_static``; None: no icon.
    """
    icon = f"_static/{Path(favicon).name}" if favicon else "data:,"
    return REDIRECT.format(title=escape(title), page=escape(page), icon=escape(icon))


def write_redirect(app: Sphinx, exception: Exception | None) -> None:
    """Write ``index.html``, which leads from the site's address to its first page."""
    first = app.config.root_doc
    if exception is not None or app.builder.format != "html" or first == "index":
        return
    text = redirect_page(
        app.config.html_title or app.config.project,
        f"{first}.html",
        app.config.html_favicon,
    )
    Path(app.outdir, "index.html").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_config_value("unrolled_wheel", "", "env", [str])
    app.add_directive("run-status", RunStatus)
    app.add_css_file("unrolled.css", priority=900)
    app.add_js_file("scrolling.js", type="module")
    app.add_node(
        HideCodeCellNode, override=True, html=(open_hidden_cell, close_hidden_cell)
    )
    app.add_node(nodes.citation, override=True, html=(open_citation, close_citation))
    app.connect("config-inited", configure, priority=900)
    app.connect("builder-inited", check_mathjax)
    app.connect("doctree-read", add_install_note)
    app.connect("doctree-read", prepare_views)
    app.connect("doctree-resolved", drop_repeated_ids)
    app.connect("html-page-context", arrange_buttons, priority=900)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", copy_views)
    app.connect("build-finished", write_redirect)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
