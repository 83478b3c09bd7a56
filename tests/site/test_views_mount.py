"""Interactive views on a built page: mounted without a kernel, or else a picture.

The book of these tests has a page with views made for tests, one where a view fails,
and one without any.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
import yaml
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Browser, Page, expect

from scripts.store import store
from tests.demo.demo import ALT, SCRIPTS, bars
from tests.site.site_tools import ROOT, build_book, opened, serving
from tests.site.view_tools import stored_model, viewing
from unrolled.tasks import counting
from unrolled.training import digit_net
from unrolled.training.models import ScalarModel
from unrolled.training.packed import shipped_bytes
from unrolled.training.rprop import Rprop
from unrolled.training.running import train
from unrolled.views import explore
from unrolled.views.live.recorder import Recorder
from unrolled.views.live.view import Watch
from unrolled.views.widget import View

DIGITS = np.zeros((3, 28, 28), np.uint8)
FAR = "\n\n".join(["Far below there is another view."] * 150)
IMPORT = (
    f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
    "from tests.demo.demo import Broken, Demo"
)


def write_page(folder: Path, name: str, *cells: str | tuple[str, str]) -> None:
    """Run and store a notebook of markdown, or pairs of code and a tag."""
    made = []
    for index, cell in enumerate(cells):
        name_of_cell = f"cell-{index}"
        if isinstance(cell, str):
            made.append(new_markdown_cell(cell, id=name_of_cell))
        else:
            metadata = {"tags": [cell[1]]} if cell[1] else {}
            made.append(new_code_cell(cell[0], id=name_of_cell, metadata=metadata))
    path = folder / f"{name}.ipynb"
    path.write_text(nbformat.writes(new_notebook(cells=made)), encoding="utf-8")
    store(path)


def write_book(folder: Path) -> Path:
    """Write a small book with the course's configuration and the tests' views."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"]["local_extensions"] = {"unrolled_site": str(ROOT / "site")}
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    toc = {"format": "jb-book", "root": "intro", "chapters": []}
    toc["chapters"] = [{"file": "lively"}, {"file": "broken"}]
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    (folder / "intro.md").write_text("# Without a view\n\nText.", encoding="utf-8")
    for name in ("site", "node_modules", "references.bib"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "lib" / "unrolled" / "views").mkdir(parents=True)
    (folder / "lib" / "unrolled" / "views" / "js").symlink_to(SCRIPTS)
    write_page(
        folder,
        "lively",
        "# Two views",
        (IMPORT, ""),
        ("Demo(count=3)", ""),
        ("Demo(count=20)", "hide-output"),
        FAR,
        ("Demo(count=100)", ""),
    )
    write_page(
        folder,
        "broken",
        "# A view that fails",
        (IMPORT, ""),
        ("Broken()", ""),
        ("Demo()", ""),
    )
    return folder


@pytest.fixture(scope="module")
def demo_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    build = build_book(
        tmp_path_factory.mktemp("built"), write_book(tmp_path_factory.mktemp("source"))
    )
    assert build.status == 0, build.output[-4000:]
    return build.html


@pytest.fixture(scope="module")
def demo_address(demo_book: Path) -> Iterator[str]:
    """Address of the small book beneath a path; ends with a slash."""
    with serving(demo_book.parent) as at:
        yield f"{at}{demo_book.name}/"


def mounted(page: Page) -> list[str]:
    return page.locator(".unrolled-mounted [role=status]").all_inner_texts()


# --- the page -------------------------------------------------------------------


def test_a_view_takes_the_place_of_its_picture(
    browser: Browser, demo_address: str
) -> None:
    with opened(browser, f"{demo_address}lively.html") as (page, complaints):
        view = page.locator(".unrolled-mounted").first
        expect(view.get_by_role("status")).to_have_text("count 3, sum 6")
        expect(page.locator("[data-view]").first).to_be_hidden()
        button = view.get_by_role("button", name="Count on")
        assert button.evaluate("e => getComputedStyle(e).backgroundColor") == (
            "rgb(0, 114, 178)"
        )
        button.click()
        expect(view.get_by_role("status")).to_have_text("count 4, sum 6")
        assert complaints.found == []


def test_a_view_is_mounted_when_it_comes_near_and_disturbs_no_other(
    browser: Browser, demo_address: str
) -> None:
    with opened(browser, f"{demo_address}lively.html") as (page, complaints):
        first = page.locator(".unrolled-mounted").first
        first.get_by_role("button").click()
        assert mounted(page) == ["count 4, sum 6"]
        page.locator("[data-view]").last.scroll_into_view_if_needed()
        expect(page.locator(".unrolled-mounted").last).to_contain_text("count 100")
        assert mounted(page) == ["count 4, sum 6", "count 100, sum 6"]
        assert complaints.found == []


def test_a_view_in_a_folded_output_is_mounted_when_it_is_opened(
    browser: Browser, demo_address: str
) -> None:
    with opened(browser, f"{demo_address}lively.html") as (page, complaints):
        assert page.locator("details [data-view]").count() == 1
        assert page.locator("details .unrolled-mounted").count() == 0
        page.locator("details summary").click()
        expect(page.locator("details [role=status]")).to_have_text("count 20, sum 6")
        assert complaints.found == []


def test_the_state_stands_once_in_the_page_without_scripts(demo_book: Path) -> None:
    page = BeautifulSoup((demo_book / "lively.html").read_text("utf-8"), "html.parser")
    (script,) = page.select("script[type='application/vnd.jupyter.widget-state+json']")
    models = json.loads(script.text)["state"]
    stand_ins = [tag["data-model"] for tag in page.select("[data-view]")]
    assert sorted(models) == sorted(stand_ins)
    assert len(stand_ins) == 3
    for model in models.values():
        assert not {"_esm", "_css"} & set(model["state"])
    text = str(page)
    assert text.count(models[stand_ins[0]]["buffers"][0]["data"]) == 3
    assert "widget-view+json" not in text
    assert "sumOfRecord" not in text


def test_a_page_without_views_loads_nothing_of_them(
    browser: Browser, demo_address: str
) -> None:
    requests: list[str] = []
    with opened(browser, f"{demo_address}search.html") as (page, complaints):
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"{demo_address}intro.html")
        page.wait_for_load_state("networkidle")
        assert complaints.found == []
    assert any("scrolling.js" in url for url in requests)
    assert not [url for url in requests if "views_mount" in url or "/unrolled/" in url]


@pytest.mark.parametrize("lost", ["demo.js", "demo_record.js", "views.css", "demo.css"])
def test_a_view_whose_files_do_not_come_stays_a_picture(
    browser: Browser, demo_address: str, lost: str
) -> None:
    with opened(browser, f"{demo_address}search.html") as (page, complaints):
        page.route(f"**/{lost}", lambda route: route.abort())
        page.goto(f"{demo_address}lively.html")
        page.wait_for_load_state("networkidle")
        picture = page.locator("[data-view] img").first
        expect(picture).to_be_visible()
        assert picture.evaluate("e => e.decode().then(() => e.naturalWidth)") > 300
        assert page.locator(".unrolled-mounted").count() == 0
        assert "The view demo is not shown" in "\n".join(complaints.found)


def test_a_view_that_fails_stays_a_picture_and_says_so(
    browser: Browser, demo_address: str
) -> None:
    with opened(browser, f"{demo_address}broken.html") as (page, complaints):
        expect(page.locator(".unrolled-mounted [role=status]")).to_have_text(
            "count 0, sum 6"
        )
        expect(page.locator("[data-view=broken] img")).to_be_visible()
        expect(page.locator("[data-view=demo] img")).to_be_hidden()
        (complaint,) = complaints.found
        assert "The view broken is not shown: Error: broken on purpose" in complaint


def test_without_scripts_there_is_a_picture_with_words(
    browser: Browser, demo_address: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{demo_address}lively.html")
    picture = page.get_by_role("img", name=ALT).first
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] > 300
    assert box["height"] > 100
    group = page.get_by_role("group", name="Demo: an interactive figure").first
    expect(group).to_contain_text("interactive on the course's site")
    context.close()


def test_on_paper_there_is_the_picture(browser: Browser, demo_address: str) -> None:
    with opened(browser, f"{demo_address}lively.html") as (page, _):
        view = page.locator(".unrolled-mounted").first
        expect(view).to_be_visible()
        page.emulate_media(media="print")
        expect(view).to_be_hidden()
        expect(page.locator("[data-view] img").first).to_be_visible()


def test_the_modules_on_the_site_are_those_of_the_library(site: Path) -> None:
    copies, source = site / "_static" / "unrolled", ROOT / "lib/unrolled/views/js"
    names = sorted(p.name for p in source.iterdir() if p.suffix in (".js", ".css"))
    assert sorted(path.name for path in copies.iterdir()) == names
    for name in names:
        assert (copies / name).read_bytes() == (source / name).read_bytes()


# --- the views of the course as a notebook brings them ------------------------------

MOUNTED = """async ([models, mounting]) => {
  const { PageModel, readState } = await import(mounting);
  for (const { stored, script, style } of models) {
    const sheet = document.createElement("style");
    sheet.textContent = style;
    document.head.append(sheet);
    const module = new Blob([script], { type: "text/javascript" });
    const { default: view } = await import(URL.createObjectURL(module));
    const el = document.createElement("div");
    document.querySelector("main").append(el);
    await view.render({ model: new PageModel(readState(stored)), el });
  }
}"""

LOOKS = """() => {
  const names = ["display", "margin", "padding", "position", "font-size",
    "font-weight", "color", "width", "max-width", "min-width", "height", "flex"];
  const parts = [...document.querySelectorAll(".unrolled-view, .unrolled-view *")];
  return parts.map((part) => {
    const style = getComputedStyle(part);
    const kind = `${part.tagName}.${part.getAttribute("class")}`;
    return [kind, ...names.map((name) => style.getPropertyValue(name))];
  });
}"""

ONCE_MORE = """() => {
  for (const sheet of [...document.querySelectorAll("head style")].reverse()) {
    document.head.append(sheet.cloneNode(true));
  }
}"""


def course_views() -> list[View]:
    """Make one view of each kind."""
    data, stand_in = counting.published(), {"picture": bars(), "alt": ALT}
    recorder = Recorder("a run")
    for report in train(ScalarModel(-1.5, 2.0), data, Rprop(), 60):
        recorder.add(report)
    return [
        explore.surface(data.inputs, data.targets, **stand_in),
        explore.gates(**stand_in),
        explore.unroll(**stand_in),
        explore.echo(**stand_in),
        explore.sampler(shipped_bytes(), **stand_in),
        explore.digit(digit_net.shipped_bytes(), DIGITS, range(3), **stand_in),
        Watch(title="a run", record=recorder.record("finished", ""), **stand_in),
    ]


@pytest.fixture
def empty_page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """Give a page where nothing is but what mounts views; it may not complain."""
    source = (
        "<!doctype html><html lang=en><title>Empty</title><link rel=icon href=data:,>"
    )
    (tmp_path / "empty.html").write_text(f"{source}<main></main>")
    (tmp_path / "views_mount.js").symlink_to(ROOT / "site/assets/views_mount.js")
    with (
        serving(tmp_path) as at,
        viewing(browser, f"{at}empty.html", reduced_motion="reduce") as page,
    ):
        yield page


def test_every_view_of_the_course_runs_as_a_notebook_brings_it(
    empty_page: Page,
) -> None:
    page, views = empty_page, course_views()
    scripts = {path.stem for path in (ROOT / "lib/unrolled/views/js").glob("*.css")}
    assert {view.module for view in views} == scripts - {"views"}
    models = [
        {"stored": stored_model(view), "script": view._esm, "style": view._css}
        for view in views
    ]
    mount = f"{page.url.removesuffix('empty.html')}views_mount.js"
    page.evaluate(MOUNTED, [models, mount])
    assert page.locator(".unrolled-view").count() == len(views)
    for summary in page.locator(".unrolled-summary").all():
        expect(summary).to_contain_text(".")
    page.wait_for_timeout(600)  # a summary changes at most once in half a second
    looks = page.evaluate(LOOKS)
    # The sheets come in the order in which the views are shown, the common part of
    # them with each: none may depend on that order.
    page.evaluate(ONCE_MORE)
    assert page.evaluate(LOOKS) == looks


# --- what stands in for a widget's model ------------------------------------------

MODULE = "await import(document.querySelector('script[src*=views_mount]').src)"


def test_a_model_tells_its_listeners_what_changes(
    browser: Browser, demo_address: str
) -> None:
    with opened(browser, f"{demo_address}lively.html") as (page, _):
        heard = page.evaluate(
            f"""async () => {{
              const {{ PageModel }} = {MODULE};
              const model = new PageModel({{ count: 1, name: "a" }}), heard = [];
              const listener = (name) => (sender, value) =>
                heard.push([name, sender === model, value]);
              const [one, two] = [listener("one"), listener("two")];
              model.on("change:count", one);
              model.on("change:count", two);
              model.on("change", listener("any"));
              model.set("count", 1);          // nobody hears: it was 1 before
              model.set("count", 2);
              model.off("change:count", one);
              model.set("count", 3);
              model.set("name", "b");
              model.off("change:count");
              model.set("count", 4);
              model.off();
              model.set("count", 5);
              model.save_changes();
              model.send({{}});
              return [heard, model.get("count"), model.get("absent") === undefined];
            }}"""
        )
    assert heard == [
        [
            ["one", True, 2],
            ["two", True, 2],
            ["any", True, 2],
            ["two", True, 3],
            ["any", True, 3],
            ["any", True, "b"],
            ["any", True, 4],
        ],
        5,
        True,
    ]


def test_binary_values_arrive_as_data_views_at_any_depth(
    browser: Browser, demo_address: str
) -> None:
    with opened(browser, f"{demo_address}lively.html") as (page, _):
        read = page.evaluate(
            f"""async () => {{
              const {{ readState }} = {MODULE};
              const stored = {{
                state: {{ name: "a", runs: [null, {{ loss: 1 }}] }},
                buffers: [
                  {{ path: ["record"], encoding: "base64", data: btoa("\\x01\\xff") }},
                  {{ path: ["runs", 0], encoding: "base64", data: btoa("\\x07") }},
                ],
              }};
              const state = readState(stored);
              return [
                state.name, state.runs[1].loss, stored.state.runs[0],
                state.record instanceof DataView, state.record.byteLength,
                state.record.getUint8(1), state.runs[0].getUint8(0),
              ];
            }}"""
        )
    assert read == ["a", 1, None, True, 2, 255, 7]
