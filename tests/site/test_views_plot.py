"""Plots and controls of the views, in a browser: pages/views.html shows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.scale import SymmetricalLogTransform
from playwright.sync_api import Browser, CDPSession, Page

from tests.site.site_tools import ROOT, Complaints, serving, show_in
from tests.site.view_tools import Tab, sharing, violations

PAGES = Path(__file__).parent / "pages"
SCRIPTS = ROOT / "lib" / "unrolled" / "views" / "js"

FRAMES = """(count = 2) => new Promise((done) => {
  const next = () => (count-- > 0 ? requestAnimationFrame(next) : done());
  next();
})"""
PLANE = """
window.calls = [];
window.plot = parts.createPlot(addView(), {
  label: 'A plane.', height: 300, pan: true, zoom: true,
  x: { label: 'w_x', domain: [-2, 4] },
  y: { label: 'w_{rec}', domain: [-3, 3] },
  handles: [{ x: 1, y: 1, label: 'start', onMove: (...place) => calls.push(place) }],
  onView: (x, y) => calls.push(['view', x, y]),
  onClick: (x, y) => calls.push(['click', x, y]),
});
"""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page, with the views' own modules beside it."""
    folder = tmp_path_factory.mktemp("views")
    (folder / "js").symlink_to(SCRIPTS, target_is_directory=True)
    for file in PAGES.iterdir():
        (folder / file.name).symlink_to(file)
    with serving(folder) as address:
        yield f"{address}views.html"


@contextmanager
def viewing(
    browser: Browser, at: str, width: int = 900, **options: Any
) -> Iterator[Page]:
    """Open the page in a fresh profile; whatever it complains about is an error."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page, complaints = context.new_page(), Complaints()
    complaints.watch(page)
    page.goto(at)
    page.wait_for_function("window.ready")
    yield page
    assert complaints.found == []
    context.close()


@pytest.fixture(scope="module")
def tab(browser: Browser, at: str) -> Iterator[Tab]:
    with sharing(browser, at, width=900, height=900) as shared:
        yield shared


@pytest.fixture
def page(tab: Tab) -> Iterator[Page]:
    with tab.anew() as opened:
        opened.wait_for_function("window.ready")
        yield opened


def settle(page: Page, frames: int = 2) -> None:
    page.evaluate(FRAMES, frames)


def pixel(page: Page, x: float, y: float) -> list[int]:
    """Read a pixel of the canvas of `plot` at a place given in data coordinates."""
    colour: list[int] = page.evaluate(
        """([x, y]) => {
          const ratio = devicePixelRatio;
          const [px, py] = plot.toPixels(x, y).map((at) => Math.floor(at * ratio));
          return [...plot.canvas.getContext('2d').getImageData(px, py, 1, 1).data];
        }""",
        [x, y],
    )
    return colour


def centre(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# --- against matplotlib -------------------------------------------------------------


def test_symlog_axes_are_spread_as_in_matplotlib(page: Page) -> None:
    values = [-1e6, -3.0, -0.02, -0.01, -0.004, 0.0, 0.001, 0.01, 0.5, 1e7]
    ours = page.evaluate(
        """(values) => values.map(parts.spreadOf(
          { scale: 'symlog', threshold: 0.01, stretch: 0.6 }).forward)""",
        values,
    )
    theirs = SymmetricalLogTransform(10, 0.01, 0.6).transform(np.array(values)) / 0.01
    assert np.allclose(ours, theirs, rtol=1e-12)


def test_the_colours_are_those_of_cividis(page: Page) -> None:
    ours = page.evaluate("Array.from({length: 256}, (_, k) => parts.cividis(k / 255))")
    theirs = np.array(matplotlib.colormaps["cividis"](np.arange(256)))[:, :3] * 255
    assert np.abs(np.array(ours) - theirs).max() < 3
    assert page.evaluate("parts.cividis(NaN)") == [128, 128, 128]
    assert page.evaluate("parts.cividis(-1)") == ours[0]


def test_a_scale_of_colours_goes_in_bands_over_powers_of_ten(page: Page) -> None:
    page.evaluate(
        """window.colours = parts.colourScale(
          { from: 1, to: 1e4, scale: 'log', bands: 4 })"""
    )
    assert page.evaluate("colours(2) === colours(9)")
    assert page.evaluate("colours(2)") != page.evaluate("colours(11)")
    assert page.evaluate("colours(1e9)") == page.evaluate("parts.cividis(1)")


# --- drawing ------------------------------------------------------------------------


def test_places_on_the_plot_and_numbers_are_inverse(page: Page) -> None:
    for scale, low, high in (("linear", -2, 5), ("log", 1e-3, 20), ("symlog", -9, 1e5)):
        x, y = page.evaluate(
            """([scale, low, high]) => {
              window.plot = parts.createPlot(addView(), { label: 'A plot.',
                x: { scale, domain: [low, high] }, y: { scale, domain: [high, low] } });
              return plot.toData(...plot.toPixels(low + 1, high / 3));
            }""",
            [scale, low, high],
        )
        assert x == pytest.approx(low + 1)
        assert y == pytest.approx(high / 3)


def test_a_line_has_the_colour_of_the_theme(page: Page) -> None:
    page.evaluate(
        """window.plot = parts.createPlot(addView(), { label: 'A line.',
          x: { domain: [0, 4] }, y: { domain: [0, 2] }, series: [{ kind: 'line',
            y: [0.9, 0.9, NaN, 0.9, 0.9], colour: 'input', width: 4 }] })"""
    )
    assert pixel(page, 0.5, 0.9) == [0x00, 0x72, 0xB2, 255]
    assert pixel(page, 2.1, 0.9)[3] == 0, "nothing is drawn in the gap"
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    settle(page, 3)
    assert pixel(page, 0.5, 0.9) == [0x4C, 0xAE, 0xE6, 255]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_found_wherever_a_view_stands(
    browser: Browser, at: str, scheme: Any
) -> None:
    dark, light = [0xE8, 0xEA, 0xED, 255], [0x1A, 0x1A, 0x1A, 255]
    own = dark if scheme == "dark" else light
    with viewing(browser, at, color_scheme=scheme) as page:
        page.evaluate(
            """window.plot = parts.createPlot(addView(), { label: 'A line.',
              y: { domain: [0, 2] },
              series: [{ kind: 'line', y: [1, 1], width: 4 }] })"""
        )
        for change, colour in (
            ("", own),
            ("document.body.dataset.jpThemeLight = 'false'", dark),
            ("document.body.dataset.jpThemeLight = 'true'", light),
            ("delete document.body.dataset.jpThemeLight", own),
            ("document.body.className = 'vscode-dark'", dark),
            ("document.body.className = 'vscode-light'", light),
            ("document.body.className = ''", own),
            ("document.documentElement.dataset.theme = 'dark'", dark),
            ("document.documentElement.dataset.theme = 'light'", light),
        ):
            page.evaluate(change or "0")
            settle(page, 3)
            assert pixel(page, 0.5, 1) == colour, change
        page.evaluate("delete document.documentElement.dataset.theme")
        page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
        settle(page, 3)
        assert pixel(page, 0.5, 1) == (light if own == dark else dark)


def test_a_hundred_thousand_points_keep_their_extremes_and_take_4_ms(
    page: Page,
) -> None:
    times = page.evaluate(
        """() => {
          const y = new Float64Array(100000).fill(0.23);
          y[61234] = 0.9;
          y.fill(NaN, 30000, 34000);
          window.plot = parts.createPlot(addView(), { label: 'Many points.',
            x: { domain: [0, 99999] }, y: { domain: [0, 1] },
            series: [{ kind: 'line', y, x: y.map((_, k) => k), width: 4 }] });
          return Array.from({ length: 20 }, () => {
            const start = performance.now();
            plot.draw();
            return performance.now() - start;
          });
        }"""
    )
    assert min(times) < 4
    ink = [0x1A, 0x1A, 0x1A, 255]
    assert pixel(page, 61234, 0.66) == ink, "the one high value is seen"
    assert pixel(page, 50500, 0.23) == ink
    assert pixel(page, 32600, 0.23)[3] == 0, "the gap is seen"


def test_lines_on_log_axes_leave_out_what_has_no_place(page: Page) -> None:
    page.evaluate(
        """window.plot = parts.createPlot(addView(), { label: 'A line.',
          x: { domain: [0, 4] }, y: { scale: 'log', domain: [0.1, 10] }, series: [
            { kind: 'line', y: [0.7, 0.7, 0, 0.7, 0.7], width: 4 }] })"""
    )
    assert pixel(page, 0.5, 0.7)[3] == 255
    assert pixel(page, 2.1, 0.7)[3] == 0


def test_domains_fit_what_is_drawn(page: Page) -> None:
    page.evaluate(
        """window.plot = parts.createPlot(addView(), { label: 'A plot.',
          y: { domain: [0, null] }, series: [
            { kind: 'line', x: [2, 7], y: [1, 8] },
            { kind: 'band', x: [2, 7], low: [1, 1], high: [9, 10] },
            { kind: 'line', x: [0, 99], y: [0, 99], hidden: true }] })"""
    )
    assert page.evaluate("plot.domain.x") == [2, 7]
    low, high = page.evaluate("plot.domain.y")
    assert low == 0
    assert 10 < high < 11
    page.evaluate("plot.set({ series: [{ kind: 'line', y: [] }] }); plot.draw()")
    assert page.evaluate("plot.domain") == {"x": [0, 1], "y": [0, 1]}


def test_an_image_is_painted_where_it_lies_and_again_when_it_changes(
    page: Page,
) -> None:
    page.evaluate(
        """() => {
          const colours = (value) => { painted.push(value); return [value, 0, 100]; };
          window.painted = [];
          window.values = Float64Array.from([10, 50, 90, 130, 170, 210]);
          window.plot = parts.createPlot(addView(), { label: 'An image.', height: 300,
            series: [{ kind: 'image', values, rows: 2, columns: 3,
              extent: [0, 3, 0, 2], colours, smooth: false }] });
        }"""
    )
    assert pixel(page, 0.5, 0.5) == [10, 0, 100, 255]
    assert pixel(page, 2.5, 0.5) == [90, 0, 100, 255]
    assert pixel(page, 0.5, 1.5) == [130, 0, 100, 255]
    page.evaluate("painted.length = 0; plot.draw()")
    assert page.evaluate("painted") == []
    page.evaluate("values[0] = 250; plot.options.series[0].version = 2; plot.draw()")
    assert pixel(page, 0.5, 0.5) == [250, 0, 100, 255]


def test_an_unknown_kind_of_series_is_named(page: Page) -> None:
    with pytest.raises(Exception, match='kind "lines"; it must be one of line, points'):
        page.evaluate(
            """parts.createPlot(addView(), { label: 'A plot.',
              series: [{ kind: 'lines', y: [1] }] })"""
        )


def test_changes_are_drawn_together_in_the_next_frame(page: Page) -> None:
    drawn = page.evaluate(
        f"""async () => {{
          const plot = parts.createPlot(addView(), {{ label: 'A plot.' }});
          const frames = {FRAMES};
          await frames(3);
          const context = plot.canvas.getContext('2d');
          let count = 0;
          context.clearRect = () => count++;
          for (let k = 0; k < 5; k++) plot.set({{ x: {{ domain: [0, k + 1] }} }});
          const before = count;
          await frames(3);
          return [before, count, plot.domain.x[1]];
        }}"""
    )
    assert drawn == [0, 1, 5]


def test_a_plot_follows_the_width_of_the_page_and_the_screen(
    browser: Browser, at: str
) -> None:
    with viewing(browser, at, device_scale_factor=2) as page:
        page.evaluate(PLANE)
        settle(page)
        widths = []
        for size in (900, 390):
            page.set_viewport_size({"width": size, "height": 900})
            settle(page, 3)
            canvas, frame = page.evaluate(
                "[plot.canvas.width, plot.canvas.parentElement.clientWidth]"
            )
            assert canvas == 2 * frame
            assert page.evaluate("document.documentElement.scrollWidth") == size
            widths.append(frame)
        assert widths[0] > widths[1] > 300
        page.evaluate("plot.set({ height: 240 })")
        settle(page)
        assert page.evaluate("plot.canvas.height") == 480


def test_labels_stand_at_the_lines_or_below_where_it_is_narrow(page: Page) -> None:
    page.evaluate(
        """window.plot = parts.createPlot(addView(), { label: 'Curves.',
          series: curves(3) })"""
    )
    entries = page.locator(".unrolled-legend li")
    assert entries.count() == 0
    page.set_viewport_size({"width": 390, "height": 900})
    settle(page, 3)
    assert entries.all_inner_texts() == ["wrec = 1", "wrec = 2", "wrec = 3"]
    looks = page.evaluate(
        """[...document.querySelectorAll('.unrolled-legend svg')].map((sample) => [
          sample.querySelector('line').getAttribute('stroke-dasharray'),
          sample.querySelector('path').getAttribute('d')])"""
    )
    assert len({dash for dash, _ in looks}) == len({path for _, path in looks}) == 3


def test_a_legend_keeps_the_place_of_a_line_that_is_hidden(page: Page) -> None:
    page.evaluate(
        """window.plot = parts.createPlot(addView(), { label: 'Curves.',
          legend: 'below', series: [{ kind: 'line', y: [1, 2], label: 'first' },
            { kind: 'line', y: [2, 3], label: 'second', hidden: true }] })"""
    )
    entries = page.locator(".unrolled-legend li")
    height = page.locator(".unrolled-plot").bounding_box()
    assert [each.is_visible() for each in entries.all()] == [True, False]
    page.evaluate(
        """plot.set({ series: plot.options.series.map(
          (each) => ({ ...each, hidden: false })) })"""
    )
    settle(page, 3)
    assert [each.is_visible() for each in entries.all()] == [True, True]
    assert page.locator(".unrolled-plot").bounding_box() == height


def test_a_plot_that_was_destroyed_is_gone(page: Page) -> None:
    page.evaluate(PLANE + "plot.draw(); plot.destroy();")
    page.evaluate(
        """() => {
          plot.canvas.getContext('2d').clearRect = () => calls.push('drawn');
          document.documentElement.dataset.theme = 'dark';
        }"""
    )
    settle(page, 3)
    assert page.locator(".unrolled-plot").count() == 0
    assert page.evaluate("calls") == []


# --- the reader's hands --------------------------------------------------------------


def test_a_handle_is_moved_with_the_arrow_keys(page: Page) -> None:
    page.evaluate(PLANE)
    handle = page.get_by_role("slider", name="start")
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    moves = page.evaluate("calls.filter((call) => call[2] === 'move')")
    assert np.allclose(
        [move[:2] for move in moves], [[1.12, 1], [1.12, 0.988]], atol=6e-3
    )
    assert page.evaluate("calls.at(-1)[2]") == "end"
    settle(page)
    x, y = moves[-1][:2]
    assert handle.get_attribute("aria-valuetext") == f"w x {x:g}, w rec {y:.3g}"
    assert float(handle.get_attribute("aria-valuenow") or "nan") == x


def test_a_handle_keeps_to_its_steps_and_its_direction(page: Page) -> None:
    page.evaluate(PLANE)
    page.evaluate(
        """plot.set({ handles: [{ x: 0.1, y: 1, label: 'rate', along: 'x',
          steps: [0.1, 0.1], format: (x) => `rate ${x}`,
          onMove: (...place) => calls.push(place) }] })"""
    )
    handle = page.get_by_role("slider", name="rate")
    handle.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert page.evaluate("calls.at(-1)") == [0.3, 1, "end"]
    settle(page)
    assert handle.get_attribute("aria-valuetext") == "rate 0.3"


def test_a_handle_is_dragged_and_stays_on_the_plot(page: Page) -> None:
    page.evaluate(PLANE)
    x, y = centre(page, ".unrolled-handle")
    goal = page.evaluate("plot.toPixels(2.5, -1)")
    start = page.evaluate("plot.toPixels(1, 1)")
    page.mouse.move(x + 5, y + 3)  # beside its middle: it does not jump
    page.mouse.down()
    page.mouse.move(x + 5 + goal[0] - start[0], y + 3 + goal[1] - start[1], steps=4)
    page.mouse.up()
    to_x, to_y, phase = page.evaluate("calls.at(-1)")
    assert (to_x, to_y) == pytest.approx((2.5, -1), abs=0.02)
    assert phase == "end"
    assert len(str(to_x)) <= 4, "no more decimals than pixels tell apart"
    settle(page)
    assert centre(page, ".unrolled-handle") == pytest.approx(
        (x + goal[0] - start[0], y + goal[1] - start[1]), abs=1.5
    )
    page.mouse.move(*centre(page, ".unrolled-handle"))
    page.mouse.down()
    page.mouse.move(2000, 2000)
    page.mouse.up()
    assert page.evaluate("calls.at(-1)") == [4, -3, "end"]
    assert page.evaluate("calls.every((call) => call[0] !== 'view')"), "nothing panned"


def test_dragging_pans_and_tells_once_a_frame(page: Page) -> None:
    page.evaluate(PLANE)
    x, y = centre(page, ".unrolled-surface")
    page.mouse.move(x - 60, y + 50)
    page.mouse.down()
    before = page.evaluate("plot.toData(100, 100)")
    page.mouse.move(x - 20, y + 20, steps=8)
    page.mouse.up()
    settle(page)
    after = page.evaluate("plot.toData(140, 70)")
    assert after == pytest.approx(before, abs=1e-6), "the plane moves with the pointer"
    views = page.evaluate("calls.filter((call) => call[0] === 'view')")
    assert views[-1][1:] == [page.evaluate(f"plot.domain.{axis}") for axis in "xy"]
    count = page.evaluate(
        f"""async () => {{
          calls.length = 0;
          const surface = document.querySelector('.unrolled-surface');
          for (const clientX of [300, 320, 340]) {{
            surface.dispatchEvent(new WheelEvent('wheel',
              {{ clientX, deltaY: 5, ctrlKey: true, cancelable: true }}));
          }}
          await ({FRAMES})(3);
          plot.set({{ title: 'Drawn again, not moved' }});
          await ({FRAMES})(2);
          return calls.length;
        }}"""
    )
    assert count == 1


def test_the_view_moves_by_keys_and_goes_home(page: Page) -> None:
    page.evaluate(PLANE)
    page.locator(".unrolled-surface").focus()
    for key, x, y in (
        ("ArrowRight", [-1.4, 4.6], [-3, 3]),
        ("ArrowUp", [-1.4, 4.6], [-2.4, 3.6]),
        ("+", [-0.65, 3.85], [-1.65, 2.85]),
        ("-", [-1.4, 4.6], [-2.4, 3.6]),
        ("0", [-2, 4], [-3, 3]),
    ):
        page.keyboard.press(key)
        settle(page)
        assert page.evaluate("plot.domain.x") == pytest.approx(x), key
        assert page.evaluate("plot.domain.y") == pytest.approx(y), key


def test_the_buttons_zoom(page: Page) -> None:
    page.evaluate(PLANE)
    for name, x in (
        ("Zoom in", [-1.25, 3.25]),
        ("Zoom out", [-2, 4]),
        ("Zoom out", [-3, 5]),
        ("Whole view", [-2, 4]),
    ):
        page.get_by_role("button", name=name).click()
        settle(page)
        assert page.evaluate("plot.domain.x") == pytest.approx(x), name


def test_the_view_stays_within_its_limits(page: Page) -> None:
    page.evaluate(PLANE)
    page.evaluate("plot.set({ limits: { x: [-4, 6], span: [0.5, 1.5] } })")
    page.locator(".unrolled-surface").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    settle(page)
    assert page.evaluate("plot.domain.x") == pytest.approx([-4, 2])
    for key, span in (("+", 0.5), ("-", 1.5)):
        for _ in range(9):
            page.keyboard.press(key)
        settle(page)
        low, high = page.evaluate("plot.domain.y")
        assert high - low == pytest.approx(6 * span)


def test_a_domain_that_is_set_is_the_new_home_but_not_when_it_is_echoed(
    page: Page,
) -> None:
    page.evaluate(PLANE)
    page.evaluate("plot.set({ onView: (x, y) => plot.set({ x: { domain: x } }) })")
    page.locator(".unrolled-surface").focus()
    page.keyboard.press("+")
    settle(page)
    page.keyboard.press("0")
    settle(page)
    assert page.evaluate("plot.domain.x") == [-2, 4]
    page.evaluate("plot.set({ x: { domain: [0, 1] } })")
    page.keyboard.press("-")
    page.keyboard.press("0")
    settle(page)
    assert page.evaluate("plot.domain.x") == [0, 1]


def test_the_wheel_scrolls_the_page_until_the_plot_has_the_focus(page: Page) -> None:
    page.evaluate(PLANE + "document.body.style.paddingBottom = '2000px';")
    place = centre(page, ".unrolled-surface")
    page.mouse.move(*place)
    page.mouse.wheel(0, 80)
    page.wait_for_function("scrollY > 0")
    assert page.evaluate("plot.domain.x") == [-2, 4]
    page.evaluate("scrollTo(0, 0)")
    page.locator(".unrolled-surface").focus()
    at_pointer = "plot.toData(...[400, 150])"
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 400, box["y"] + 150)
    before = page.evaluate(at_pointer)
    page.mouse.wheel(0, -100)
    page.wait_for_function("plot.domain.x[0] > -2")
    assert page.evaluate("scrollY") == 0
    after = page.evaluate(at_pointer)
    assert after == pytest.approx(before, abs=0.01), "it zooms at the pointer"


PHONE = {"width": 390, "has_touch": True, "is_mobile": True}
LONG_PAGE = "document.body.style.paddingBottom = '3000px';"


def swipe(
    page: Page, start: tuple[float, float], travel: tuple[float, float], steps: int = 12
) -> None:
    """Move one finger over the page."""
    session = page.context.new_cdp_session(page)
    touch(session, "touchStart", [start])
    for k in range(1, steps + 1):
        part = k / steps
        touch(
            session,
            "touchMove",
            [(start[0] + part * travel[0], start[1] + part * travel[1])],
        )
        page.wait_for_timeout(16)
    touch(session, "touchEnd", [])
    settle(page, 4)


@pytest.mark.parametrize("travel", [(0, -200), (40, -200), (-160, 0)])
def test_one_finger_on_a_plot_scrolls_the_page_and_moves_no_view(
    browser: Browser, at: str, travel: tuple[float, float]
) -> None:
    with viewing(browser, at, **PHONE) as page:
        page.evaluate(PLANE + LONG_PAGE)
        x, y = centre(page, ".unrolled-surface")
        swipe(page, (x + 40, y + 60), travel)
        assert page.evaluate("scrollY > 100") == (travel[1] != 0)
        assert page.evaluate("calls") == []
        assert page.evaluate("plot.domain.x") == [-2, 4]


def test_one_finger_on_a_handle_moves_the_handle_and_not_the_page(
    browser: Browser, at: str
) -> None:
    with viewing(browser, at, **PHONE) as page:
        page.evaluate(PLANE + LONG_PAGE)
        swipe(page, centre(page, ".unrolled-handle"), (0, 80))
        assert page.evaluate("scrollY") == 0
        _, y, phase = page.evaluate("calls.at(-1)")
        assert y < 0
        assert phase == "end"


def test_of_two_fingers_the_browser_is_told_to_leave_them_to_the_plot(
    browser: Browser, at: str
) -> None:
    # Safari scrolls with two fingers, which the browser of the tests does not.
    with viewing(browser, at, **PHONE) as page:
        page.evaluate(PLANE)
        taken = page.evaluate(
            """() => {
              const target = document.querySelector('.unrolled-surface');
              const touches = [1, 2].map((identifier) => new Touch(
                { identifier, target, clientX: 90 * identifier, clientY: 200 }));
              return [1, 2].map((count) => {
                const event = new TouchEvent('touchmove',
                  { touches: touches.slice(0, count), cancelable: true });
                target.dispatchEvent(event);
                return event.defaultPrevented;
              });
            }"""
        )
        assert taken == [False, True]


def test_two_fingers_move_the_view_even_if_they_go_the_same_way(
    browser: Browser, at: str
) -> None:
    with viewing(browser, at, **PHONE) as page:
        page.evaluate(PLANE + LONG_PAGE)
        x, y = centre(page, ".unrolled-surface")
        session = page.context.new_cdp_session(page)
        for k in range(8):
            places = [(x - 40, y + 60 - 10 * k), (x + 40, y + 60 - 10 * k)]
            touch(session, "touchMove" if k else "touchStart", places)
            page.wait_for_timeout(16)
        touch(session, "touchEnd", [])
        settle(page)
        assert page.evaluate("scrollY") == 0
        low, high = page.evaluate("plot.domain.y")
        assert low < -3.5
        assert high - low == pytest.approx(6)


@pytest.mark.parametrize(("beside", "moves"), [((14, 12), True), ((4, 3), False)])
def test_a_press_beside_a_handle_puts_it_there(
    page: Page, beside: tuple[int, int], moves: bool
) -> None:
    page.evaluate(PLANE)
    x, y = centre(page, ".unrolled-handle")
    page.mouse.click(x + beside[0], y + beside[1])
    settle(page)
    assert page.evaluate("calls.at(-1)[2]") == "end"
    wanted = (x + beside[0], y + beside[1]) if moves else (x, y)
    assert centre(page, ".unrolled-handle") == pytest.approx(wanted, abs=1.5)


def test_two_fingers_zoom(browser: Browser, at: str) -> None:
    with viewing(browser, at, **PHONE) as page:
        page.evaluate(PLANE)
        x, y = centre(page, ".unrolled-surface")
        session = page.context.new_cdp_session(page)
        for kind, gap in (("touchStart", 30), ("touchMove", 45), ("touchMove", 60)):
            touch(session, kind, [(x - gap, y + 60), (x + gap, y + 60)])
        touch(session, "touchEnd", [])
        settle(page)
        low, high = page.evaluate("plot.domain.x")
        assert 2.9 < high - low < 4.1, "zoomed in by about two"
        assert page.evaluate("calls.every((call) => call[0] === 'view')"), "no click"


def touch(session: CDPSession, kind: str, places: list[tuple[float, float]]) -> None:
    points = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(places)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_click_gives_its_place(page: Page) -> None:
    page.evaluate(PLANE)
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 200, box["y"] + 100)
    kind, *place = page.evaluate("calls.at(-1)")
    assert kind == "click"
    assert place == pytest.approx(page.evaluate("plot.toData(200, 100)"), abs=0.02)


def test_points_are_read_out_by_pointer_and_by_keys(page: Page) -> None:
    page.evaluate(
        """window.plot = parts.createPlot(addView(), { label: 'Losses.', hover: true,
          x: { label: 'update' }, y: { label: 'loss *L*' }, series: [
            { kind: 'line', label: 'training', y: [0.5, 0.25, 0.125] },
            { kind: 'points', label: 'test', x: [0, 2], y: [0.4, 0.3] }] })"""
    )
    readout = page.locator(".unrolled-readout")
    box = page.locator("canvas").bounding_box()
    assert box is not None
    px, py = page.evaluate("plot.toPixels(1, 0.25)")
    page.mouse.move(box["x"] + px + 4, box["y"] + py - 4)
    settle(page)
    assert readout.inner_text() == "training: update 1, loss L 0.25"
    page.mouse.move(2, 2)
    settle(page)
    assert not readout.is_visible()
    page.keyboard.press("Tab")
    for key, text in (
        ("ArrowRight", "training: update 0, loss L 0.5"),
        ("ArrowRight", "training: update 1, loss L 0.25"),
        ("ArrowDown", "test: update 2, loss L 0.3"),
        ("ArrowLeft", "test: update 0, loss L 0.4"),
    ):
        page.keyboard.press(key)
        settle(page)
        assert readout.inner_text() == text
    page.evaluate("plot.options.series[1].y[0] = 0.1; plot.draw()")
    assert readout.inner_text() == "test: update 0, loss L 0.1"
    page.evaluate("plot.set({ series: [] })")
    settle(page)
    assert not readout.is_visible()


# --- controls -----------------------------------------------------------------------


def place_control(page: Page, code: str) -> None:
    page.evaluate(
        """(code) => {
          window.heard = [];
          const hear = (value) => heard.push(value);
          window.control = new Function('parts', 'hear', `return ${code}`)(parts, hear);
          addView().append(control.element);
        }""",
        code,
    )


def test_a_slider_shows_and_tells_its_value(page: Page) -> None:
    place_control(
        page,
        """parts.slider({ label: 'weight w_{rec}', min: -2, max: 2, step: 0.5, value: 1,
          format: (value) => parts.formatFixed(value, 1), onInput: hear })""",
    )
    slider = page.get_by_role("slider", name="weight w rec")
    output = page.locator("output")
    assert output.inner_text() == "1.0"
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Home")
    assert page.evaluate("heard") == [1.5, -2]
    assert output.inner_text() == slider.get_attribute("aria-valuetext") == "−2.0"
    page.evaluate("control.value = 0.5")
    assert output.inner_text() == "0.5"
    assert page.evaluate("heard.length") == 2, "setting a value does not call back"
    page.evaluate("control.disabled = true")
    assert slider.is_disabled()


def test_a_slider_on_a_log_scale_goes_evenly_through_powers_of_ten(page: Page) -> None:
    place_control(
        page,
        """parts.slider({ label: 'rate', min: 1e-4, max: 1, value: 0.03, scale: 'log',
          onInput: hear })""",
    )
    assert page.locator("output").inner_text() == "0.03"
    assert page.evaluate("control.value") == 0.03, "the value given, not a rounded one"
    page.evaluate(
        """control.input.value = (Number(control.input.max)) / 2;
        control.input.dispatchEvent(new Event('input'))"""
    )
    assert page.evaluate("heard") == [pytest.approx(0.01)]
    page.evaluate("control.setRange(1e-2, 1)")
    assert page.evaluate("Number(control.input.value)") == 0


SLIDER = """parts.slider({ label: 'weight', min: 0, max: 10, step: 0.1, value: 5,
  onInput: hear, onChange: (value) => heard.push(`let go at ${value}`) })"""


def rail(page: Page) -> dict[str, float]:
    box = page.locator(".unrolled-rail").bounding_box()
    assert box is not None
    return dict(box)


@pytest.mark.parametrize("travel", [(0, -220), (30, -220)])
def test_a_swipe_that_begins_on_a_slider_scrolls_the_page(
    browser: Browser, at: str, travel: tuple[float, float]
) -> None:
    with viewing(browser, at, **PHONE) as page:
        page.evaluate(LONG_PAGE + "document.body.style.paddingTop = '400px'")
        place_control(page, SLIDER)
        box = rail(page)
        swipe(page, (box["x"] + 0.2 * box["width"], box["y"] + 20), travel)
        assert page.evaluate("scrollY") > 100
        assert page.evaluate("[heard, control.value]") == [[], 5]


def test_a_finger_moves_a_slider_sideways_and_by_a_tap(
    browser: Browser, at: str
) -> None:
    with viewing(browser, at, **PHONE) as page:
        page.evaluate(LONG_PAGE)
        place_control(page, SLIDER)
        box = rail(page)
        middle = box["y"] + box["height"] / 2
        swipe(page, (box["x"] + 0.5 * box["width"], middle), (-200, 25), steps=24)
        assert page.evaluate("scrollY") == 0
        assert page.evaluate("control.value") == 0
        heard = page.evaluate("heard")
        assert len(heard) > 5, "it follows the finger"
        assert heard[-1] == "let go at 0"
        page.touchscreen.tap(box["x"] + 0.9 * box["width"], middle)
        assert 9 < page.evaluate("control.value") < 10
        assert str(page.evaluate("heard.at(-1)")).startswith("let go at 9")
        page.evaluate("control.disabled = true; heard.length = 0")
        page.touchscreen.tap(box["x"] + 0.2 * box["width"], middle)
        assert page.evaluate("heard") == []


def test_beside_a_slider_are_buttons_for_small_steps(browser: Browser, at: str) -> None:
    with viewing(browser, at, **PHONE) as page:
        place_control(page, SLIDER)
        less, more = (
            page.get_by_role("button", name=f"{verb} weight", exact=True)
            for verb in ("Decrease", "Increase")
        )
        for each in (less, more):
            box = each.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 24
        more.tap()
        assert page.evaluate("heard") == [5.1, "let go at 5.1"]
        less.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Space")
        assert page.evaluate("control.value") == 4.9
        assert page.locator("output").inner_text() == "4.9"
        page.evaluate("heard.length = 0; control.value = 9.9")
        for _ in range(3):
            more.tap()
        assert page.evaluate("heard") == [10, "let go at 10"]
        page.evaluate("control.disabled = true")
        assert more.is_disabled()


def test_a_button_that_is_held_goes_on_until_it_is_let_go(
    browser: Browser, at: str
) -> None:
    with viewing(browser, at, width=390) as page:  # a narrow window, with a mouse
        place_control(page, SLIDER)
        page.mouse.move(*centre(page, ".unrolled-nudge >> nth=1"))
        page.mouse.down()
        page.wait_for_function("heard.length >= 4")
        page.mouse.up()
        heard = page.evaluate("heard")
        assert heard[:3] == pytest.approx([5.1, 5.2, 5.3])
        assert heard[-1] == f"let go at {heard[-2]}"
        page.wait_for_timeout(300)
        assert page.evaluate("heard.length") == len(heard)


def test_with_a_mouse_and_room_a_slider_stands_alone(page: Page) -> None:
    place_control(page, SLIDER)
    assert page.locator(".unrolled-nudge:visible").count() == 0
    box = page.get_by_role("slider").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    assert 9 < page.evaluate("control.value") < 10


def test_a_slider_can_do_without_its_buttons(browser: Browser, at: str) -> None:
    with viewing(browser, at, **PHONE) as page:
        place_control(page, SLIDER.replace("label:", "nudges: false, label:"))
        assert page.locator(".unrolled-nudge").count() == 0


def test_a_log_slider_goes_in_steps_that_are_felt(browser: Browser, at: str) -> None:
    with viewing(browser, at, **PHONE) as page:
        place_control(
            page,
            """parts.slider({ label: 'rate', min: 1e-4, max: 1, value: 0.01,
              scale: 'log' })""",
        )
        page.get_by_role("button", name="Increase rate").tap()
        assert page.evaluate("control.value") == pytest.approx(0.01 * 10**0.08)


def test_a_choice_of_up_to_four_is_a_group_of_radio_buttons(page: Page) -> None:
    code = """parts.choice({ label: 'Unit', options: ['linear', 'tanh', 'LSTM'],
      value: 'tanh', onInput: hear })"""
    place_control(page, code)
    page.evaluate("window.first = control")
    place_control(page, code)
    group = page.get_by_role("radiogroup", name="Unit").last
    group.get_by_role("radio", name="tanh").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("heard") == ["LSTM"]
    assert page.evaluate("[first.value, control.value]") == ["tanh", "LSTM"]
    page.evaluate("control.value = 'linear'")
    assert group.get_by_role("radio", name="linear").is_checked()


def test_a_choice_of_more_is_a_list(page: Page) -> None:
    place_control(
        page,
        """parts.choice({ label: 'Start', options: [...'abcde'], value: 'b',
          onInput: hear })""",
    )
    page.get_by_role("combobox", name="Start").select_option("d")
    assert page.evaluate("[heard, control.value]") == [["d"], "d"]


def test_checkboxes_and_toggles_tell_what_is_on(page: Page) -> None:
    place_control(
        page,
        """parts.checkboxes({ label: 'Optimisers', value: ['Adam'], onInput: hear,
          options: [{ value: 'Adam', label: 'Adam', sample: parts.lineStyle(0) },
            { value: 'Rprop', label: 'Rprop', sample: parts.lineStyle(1) }] })""",
    )
    page.get_by_role("checkbox", name="Rprop").check()
    page.get_by_role("checkbox", name="Adam").uncheck()
    assert page.evaluate("heard") == [["Adam", "Rprop"], ["Rprop"]]
    place_control(page, "parts.toggle({ label: 'Clip', onInput: hear })")
    toggle = page.get_by_role("button", name="Clip")
    toggle.focus()
    page.keyboard.press("Space")
    assert page.evaluate("heard") == [True]
    assert toggle.get_attribute("aria-pressed") == "true"


# --- what moves ---------------------------------------------------------------------

PLAYER = """parts.player({ onStep: (count) => { window.taken += count;
    window.frames += 1; return window.taken < 40; },
  onReset: () => { window.taken = 0; }, onPlay: hear,
  speed: { min: 1, max: 100, value: 100 } })"""


def test_the_player_plays_pauses_steps_and_ends(page: Page) -> None:
    page.evaluate("Object.assign(window, { taken: 0, frames: 0 })")
    place_control(page, PLAYER)
    page.get_by_role("button", name="Step").click()
    assert page.evaluate("taken") == 1
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("taken >= 5")
    page.get_by_role("button", name="Pause").click()
    taken = page.evaluate("taken")
    page.wait_for_timeout(150)
    assert page.evaluate("taken") == taken, "no step passes while it is paused"
    play = page.get_by_role("button", name="Play")
    play.focus()
    page.keyboard.press("Space")
    page.wait_for_function("control.atEnd")
    assert page.evaluate("heard") == [True, False, True, False]
    assert play.is_disabled()
    assert page.evaluate("document.activeElement.textContent") == "Reset"
    page.keyboard.press("Enter")
    assert page.evaluate("[taken, control.atEnd, control.playing]") == [0, False, False]
    assert play.is_enabled()


def test_the_buttons_of_a_player_can_say_what_they_do(page: Page) -> None:
    code = PLAYER.replace("parts.player({", "parts.player({ labels: LABELS,", 1)
    page.evaluate("Object.assign(window, { taken: 7, frames: 0 })")
    place_control(page, code.replace("LABELS", "{ reset: 'To the start' }"))
    assert page.get_by_role("button", name="Step").count() == 1
    page.get_by_role("button", name="To the start").click()
    assert page.evaluate("taken") == 0


def test_the_player_keeps_its_rate(page: Page) -> None:
    page.evaluate("Object.assign(window, { taken: -1000, frames: 0 })")
    place_control(page, PLAYER)
    taken, calls, times = page.evaluate(
        """async () => {
          const frame = () => new Promise(requestAnimationFrame);
          const times = [await frame()];
          control.playing = true;
          while (times.length < 40) times.push(await frame());
          control.playing = false;
          return [taken + 1000, frames, times];
        }"""
    )
    # A frame that comes late, on a busy machine, counts as a tenth of a second.
    seconds = np.minimum(np.diff(times) / 1000, 0.1).sum()
    assert taken == pytest.approx(100 * seconds, rel=0.1)
    assert calls <= len(times), "at most one call a frame, however fast"


RESTING = """() => new Promise((done) => {
  const { taken } = window;
  setTimeout(() => done(window.taken === taken), 250);
})"""


def test_nothing_moves_that_cannot_be_seen(page: Page) -> None:
    page.evaluate("Object.assign(window, { taken: -1e6, frames: 0 })")
    place_control(page, PLAYER)
    page.evaluate("control.playing = true")
    page.wait_for_function("taken > -1e6")
    for hide, show in (
        ("document.body.style.paddingTop = '4000px'", "document.body.style = ''"),
        (
            """Object.defineProperty(document, 'hidden',
              { value: true, configurable: true })""",
            "delete document.hidden",
        ),
    ):
        page.evaluate(f"{hide}; document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_function(RESTING, timeout=5000)
        taken = page.evaluate("taken")
        page.evaluate(f"{show}; document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_function(f"taken > {taken}")


def test_the_summary_speaks_at_once_or_twice_a_second(page: Page) -> None:
    texts, moments = page.evaluate(
        """async () => {
          const said = parts.summary();
          addView().append(said.element);
          const [texts, moments] = [[], []];
          new MutationObserver(() => {
            texts.push(said.text);
            moments.push(performance.now());
          }).observe(said.element, { childList: true });
          const wait = (time) => new Promise((done) => setTimeout(done, time));
          for (let step = 0; step < 24; step++) {
            said.say(`Step ${step}.`, true);
            await wait(50);
          }
          await wait(600);
          said.say('Moved.');
          await wait(10);
          said.say('Moved again.');
          said.say('Moved again.');
          await wait(10);
          said.say('Late.', true);
          said.say('Paused.');
          await wait(600);
          return [texts, moments];
        }"""
    )
    moving = [text for text in texts if text.startswith("Step")]
    assert 3 <= len(moving) < 12
    assert moving[0] == "Step 0."
    assert moving[-1] == "Step 23."
    gaps = np.diff(moments[: len(moving)])
    assert (gaps > 480).all()
    assert texts[len(moving) :] == ["Moved.", "Moved again.", "Paused."]


def test_the_wish_for_less_motion_is_known(browser: Browser, at: str) -> None:
    for wish in ("reduce", "no-preference"):
        with viewing(browser, at, reduced_motion=wish) as page:
            assert page.evaluate("parts.reducedMotion()") == (wish == "reduce")


# --- for everyone -------------------------------------------------------------------


@pytest.mark.parametrize("width", [390, 1000])
def test_axe_finds_nothing_and_nothing_is_too_wide_or_too_small(
    browser: Browser, at: str, width: int
) -> None:
    touch = width == 390
    with viewing(browser, at, width=width, has_touch=touch, is_mobile=touch) as page:
        show_in(page, "dark")
        page.evaluate("gallery()")
        for theme in ("dark", "light"):
            show_in(page, theme)
            settle(page, 3)
            assert violations(page) == [], theme
        assert page.evaluate("document.documentElement.scrollWidth") == width
        small = page.evaluate(
            """[...document.querySelectorAll('.unrolled-view *')].filter((element) =>
              element.textContent && parseFloat(getComputedStyle(element).fontSize) < 12
            ).map((element) => element.outerHTML)"""
        )
        assert small == []
        low = page.evaluate(
            """(least) => [...document.querySelectorAll('button, select,' +
                'input[type=range], .unrolled-segment, .unrolled-check')]
              .filter((element) => element.getClientRects().length)
              .filter((element) => element.getBoundingClientRect().height < least)
              .map((element) => element.outerHTML)""",
            38 if touch else 32,
        )
        assert low == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_letters_and_lines_stand_out_from_the_ground(page: Page, theme: str) -> None:
    page.evaluate("(name) => (document.documentElement.dataset.theme = name)", theme)
    colours = page.evaluate("parts.themeColours(addView())")
    ground = luminance(colours["ground"])
    for name, least in (("ink", 7), ("muted", 4.5), ("focus", 4.5), ("edge", 3)):
        assert contrast(luminance(colours[name]), ground) >= least, name
    if theme == "dark":  # in the light the colours are those of the figures
        for name in ("input", "target", "prediction", "orange", "sky", "purple"):
            assert contrast(luminance(colours[name]), ground) >= 3, name


def luminance(colour: str) -> float:
    """Relative luminance of a colour #rrggbb (WCAG 2.2)."""
    parts = np.array(to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: float, other: float) -> float:
    """Contrast of two luminances, 1 to 21 (WCAG 2.2)."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_everything_is_reached_by_the_tab_key(page: Page) -> None:
    page.evaluate("gallery()")
    wanted = page.evaluate(
        """[...document.querySelectorAll('button, select, input, [tabindex]')].filter(
          (element) => !element.disabled && element.getClientRects().length
            && (element.type !== 'radio' || element.checked)).length"""
    )
    page.evaluate("window.reached = new Set()")
    for _ in range(wanted + 3):
        page.keyboard.press("Tab")
        page.evaluate(
            """() => {
              const element = document.activeElement;
              const outlined = element.closest('.unrolled-segments') ?? element;
              const style = getComputedStyle(outlined);
              if (style.outlineStyle !== 'none') reached.add(element);
            }"""
        )
    assert (
        page.evaluate("[...reached].filter((e) => e !== document.body).length")
        == wanted
    )
