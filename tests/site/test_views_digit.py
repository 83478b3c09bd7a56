"""The pad in a browser, on a page as the site makes it."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.demo.demo import bars
from tests.site.site_tools import serving
from tests.site.view_tools import (
    ARTIFACTS,
    WATCH_FRAMES,
    press,
    ranging,
    said,
    slide,
    third_with_a_kernel,
    viewing,
    violations,
    write_pages,
)
from unrolled.tasks import digits
from unrolled.tasks.digit_frame import centred
from unrolled.training.digit_net import DigitNet, shipped_bytes, shipped_net
from unrolled.views import explore

PHONE = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
SEVEN = [(6, 5), (21, 5), (17, 13), (12, 24)]
"""Cells, across and down, through which a seven goes."""

READ = """async (text) => {
  const { DigitReading, unpackDigitNet } = await import('./unrolled/digit_net.js');
  const { centredDrawing } = await import('./unrolled/digit_frame.js');
  const { readState } = await import('./views_mount.js');
  const script = document.querySelector('script[type*=widget-state]');
  const [stored] = Object.values(JSON.parse(script.textContent).state);
  const net = unpackDigitNet(readState(stored).weights);
  const pixels = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const found = [];
  let framed = 0;
  for (let k = 0; k < pixels.length; k += 784) {
    const image = pixels.subarray(k, k + 784);
    const { probabilities } = new DigitReading(net, image);
    for (const shares of probabilities) found.push(...shares);
    framed += centredDrawing(image).every((grey, at) => grey === image[at]);
  }
  // As text: to hand over so many numbers one by one takes longer than all the rest.
  const bytes = new Uint8Array(Float64Array.from(found).buffer);
  let signs = '';
  for (const byte of bytes) signs += String.fromCharCode(byte);
  return [btoa(signs), framed];
}"""
"""The page's own code on images: the probabilities after each row, and how many images
stay as they are when they are framed."""

NOTE_STROKES = """view => {
  frames_seen.clear();
  window.strokes_seen = [];
  const note = ({ timeStamp }) => strokes_seen.push(timeStamp);
  view.querySelector('.digit-pad').addEventListener('pointermove', note, true);
}"""


@pytest.fixture(scope="module")
def net() -> DigitNet:
    return shipped_net()


@pytest.fixture(scope="module")
def samples(net: DigitNet) -> tuple[np.ndarray, np.ndarray]:
    """Digits that come with scikit-learn, some of them given a wrong label."""
    found = digits.load_embedded()
    images, labels = found.test_images[:14], found.test_labels[:14].copy()
    answers = net.classes(images)
    labels[:12] = answers[:12]
    labels[12:] = (answers[12:] + 1) % 10
    return images, labels


@pytest.fixture(scope="module")
def at(
    tmp_path_factory: pytest.TempPathFactory, samples: tuple[np.ndarray, np.ndarray]
) -> Iterator[str]:
    """Address of a folder with two pads: an empty one, one with a wrong answer."""
    folder: Path = tmp_path_factory.mktemp("digit")
    given: dict[str, Any] = {"picture": bars(), "alt": "Bars.", "data": "fourteen"}
    views = [
        explore.digit(shipped_bytes(), *samples, **state, **given)
        for state in ({}, {"chosen": 13, "row": 20})
    ]
    write_pages(folder, views)
    with serving(folder) as address:
        yield address


@pytest.fixture(scope="module")
def page(browser: Browser, at: str) -> Iterator[Page]:
    """A page that all tests of this module share; each clears its pad first."""
    with viewing(browser, f"{at}light.html", script=WATCH_FRAMES) as opened:
        opened.locator(".digit-view").last.scroll_into_view_if_needed()
        expect(opened.locator(".digit-view")).to_have_count(2)
        yield opened


@pytest.fixture
def view(page: Page) -> Locator:
    """The first pad, empty."""
    found = page.locator(".digit-view").first
    clear = found.get_by_role("button", name="Clear")
    found.get_by_label("Draw", exact=True).check()
    if clear.is_enabled():
        clear.click()
    slide(ranging(found, "row"), 28)
    expect(said(found)).to_contain_text("The pad is empty")
    return found


def draw(page: Page, view: Locator, cells: list[tuple[int, int]]) -> None:
    """Draw through some cells with the mouse."""
    canvas = view.locator(".digit-pad canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    size = box["width"] / 28
    places = [
        (box["x"] + (x + 0.5) * size, box["y"] + (y + 0.5) * size) for x, y in cells
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def ink_of(view: Locator) -> np.ndarray:
    """Return what is on the pad, as it is seen: how dark each cell is, 0 to 1."""
    dark = view.locator(".digit-pad canvas").evaluate(
        """canvas => {
          const pen = canvas.getContext('2d');
          const cell = canvas.width / 28;
          return Array.from({ length: 784 }, (_, k) => {
            const [row, column] = [Math.floor(k / 28), k % 28];
            const at = [(column + 0.5) * cell, (row + 0.5) * cell];
            return 1 - pen.getImageData(...at.map(Math.floor), 1, 1).data[0] / 255;
          });
        }"""
    )
    return np.array(dark).reshape(28, 28)


def shares_of(view: Locator) -> list[float]:
    """Return how long the ten bars are."""
    widths = view.locator(".digit-bar").evaluate_all(
        "bars => bars.map((bar) => parseFloat(bar.style.width) / 100)"
    )
    return [float(width) for width in widths]


def response_text(strokes: list[float], frames: list[tuple[float, float]]) -> str:
    """Say how long the page took from a movement of the pen to the picture of it."""
    ends = [begin + cost for begin, cost in frames]
    waits = [
        min(
            end for end, (begin, _) in zip(ends, frames, strict=True) if begin >= stroke
        )
        - stroke
        for stroke in strokes
        if any(begin >= stroke for begin, _ in frames)
    ]
    middle, most = np.median(waits), np.percentile(waits, 95)
    cost = np.median([cost for _, cost in frames])
    return (
        f"from a stroke to its picture: {middle:.1f} ms, {most:.1f} ms in 19 of 20; "
        f"{cost:.1f} ms of work a frame"
    )


# --- drawing ------------------------------------------------------------------------


def test_what_is_drawn_is_read_at_once_and_can_be_undone(
    page: Page, view: Locator
) -> None:
    view.evaluate(NOTE_STROKES)
    draw(page, view, SEVEN)
    expect(said(view)).to_contain_text("The whole image: a 7 with")
    expect(said(view)).to_contain_text("moved it most")
    print(response_text(*page.evaluate("[strokes_seen, [...frames_seen]]")))
    assert max(shares_of(view)) == shares_of(view)[7]
    assert ink_of(view)[5, 12] > 0.8
    dark = ink_of(view)
    draw(page, view, [(3, 14), (24, 14)])
    expect(view.get_by_role("button", name="Undo")).to_be_enabled()
    assert (ink_of(view) != dark).any()
    press(view, "Undo")
    expect(said(view)).to_contain_text("a 7 with")
    np.testing.assert_array_equal(ink_of(view), dark)
    view.get_by_label("Erase", exact=True).check()
    draw(page, view, [(4, 5), (23, 5)])
    assert ink_of(view)[5, 7:17].max() < 0.2
    assert ink_of(view)[20, 10:18].max() > 0.8
    press(view, "Clear")
    expect(said(view)).to_contain_text("The pad is empty")
    press(view, "Undo", 2)
    np.testing.assert_array_equal(ink_of(view), dark)


def test_the_keyboard_draws_too(page: Page, view: Locator) -> None:
    pad = view.get_by_role("application")
    pad.focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowUp")
    expect(view.locator(".digit-cursor")).to_contain_text(
        "Row 2, column 14; the pen is up"
    )
    page.keyboard.press("Space")
    expect(view.locator(".digit-cursor")).to_contain_text("the pen is down")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Space")
    expect(said(view)).to_contain_text("The whole image: a 1 with")
    dark = ink_of(view)
    assert dark[3:20, 13].min() > 0.8
    assert dark[:, :11].max() < 0.2
    page.keyboard.press("ArrowLeft")  # the pen is up
    page.keyboard.press("Control+z")
    expect(said(view)).to_contain_text("The pad is empty")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    view.get_by_role("button", name="Clear").press("Enter")
    expect(said(view)).to_contain_text("The pad is empty")
    expect(pad).to_be_focused()  # the button has nothing more to clear


def test_a_finger_draws_and_does_not_scroll(browser: Browser, at: str) -> None:
    with viewing(browser, f"{at}dark.html", width=390, **PHONE) as phone:
        view = phone.locator(".digit-view").first
        canvas = view.locator(".digit-pad canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        before = phone.evaluate("scrollY")
        touch = phone.context.new_cdp_session(phone)

        def send(kind: str, *fingers: tuple[float, float]) -> None:
            points = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(fingers)]
            touch.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
            )

        middle = box["x"] + box["width"] / 2
        send("touchStart", (middle, box["y"] + 30))
        for step in range(1, 11):
            send("touchMove", (middle, box["y"] + 30 + 0.08 * step * box["height"]))
        send("touchEnd")
        expect(said(view)).to_contain_text("The whole image: a 1 with")
        assert phone.evaluate("scrollY") == before
        # A second finger: what the first one began was no stroke.
        send("touchStart", (middle - 60, box["y"] + 100))
        send("touchStart", (middle - 60, box["y"] + 100), (middle + 60, box["y"] + 100))
        send("touchEnd")
        press(view, "Undo")
        expect(said(view)).to_contain_text("The pad is empty")
        expect(view.get_by_role("button", name="Undo")).to_be_disabled()
        ARTIFACTS.mkdir(exist_ok=True)
        phone.screenshot(path=ARTIFACTS / "digit-390-dark.png", full_page=True)
        assert violations(phone) == []
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390


# --- looking ------------------------------------------------------------------------


def test_real_digits_are_chosen_and_wrong_ones_marked(
    page: Page, view: Locator, net: DigitNet, samples: tuple[np.ndarray, np.ndarray]
) -> None:
    images, labels = samples
    group = view.get_by_role("radiogroup", name="Or look at real digits: fourteen")
    expect(group).to_contain_text("✗ 2 that the net gets wrong")
    expect(view.locator(".digit-wrong .digit-caption")).to_have_text(["wrong", "wrong"])
    first = group.get_by_role(
        "radio", name=f"Image 1, labelled {labels[0]}, read rightly"
    )
    first.check()
    expect(said(view)).to_contain_text("✓ Right.")
    np.testing.assert_allclose(ink_of(view) > 0.5, images[0] > 140, atol=1)
    page.keyboard.press("ArrowRight")
    expect(group.get_by_role("radio", name="Image 2,")).to_be_checked()
    group.get_by_role("radio", name=f"Image 14, labelled {labels[13]}, wrong").check()
    expect(said(view)).to_contain_text(f"✗ Wrong: the label says {labels[13]}.")
    expect(view.locator(".digit-true th")).to_have_text(str(labels[13]))
    for row in (28, 16, 9):
        slide(ranging(view, "row"), row)
        expect(view.locator(".digit-chances")).to_contain_text(f"after row {row} of 28")
        wanted = net.probabilities(images[13:14])[0, row - 1]
        np.testing.assert_allclose(shares_of(view), wanted, atol=1e-6)
    expect(said(view)).to_contain_text("So far, after 9 of 28 rows")
    draw(page, view, [(4, 4), (23, 4)])  # it can be drawn on
    expect(said(view)).not_to_contain_text("label")
    assert group.locator("input:checked").count() == 0
    press(view, "Undo")
    expect(group.get_by_role("radio", name="Image 14,")).to_be_checked()


def test_rows_are_read_one_after_the_other(page: Page, view: Locator) -> None:
    rows = ranging(view, "row")
    draw(page, view, SEVEN)
    press(view, "First row")
    expect(rows).to_have_value("1")
    press(view, "Next row", 2)
    expect(rows).to_have_value("3")
    press(view, "Play")
    expect(view.get_by_role("button", name="Pause")).to_be_visible()
    expect(rows).to_have_value("28", timeout=20_000)
    expect(view.get_by_role("button", name="Play")).to_be_visible()
    picture = view.locator(".digit-rows .unrolled-surface")
    box = picture.bounding_box()
    assert box is not None
    picture.click(position={"x": 60, "y": 21 + 7 * 10.5})
    expect(rows).to_have_value("11")
    label = view.locator(".digit-rows canvas").get_attribute("aria-label") or ""
    assert "at row 11 most for" in label
    second = page.locator(".digit-view").last
    expect(ranging(second, "row")).to_have_value("20")
    expect(said(second)).to_contain_text("So far, after 20 of 28 rows")


def test_a_kernel_is_followed_and_told(page: Page, view: Locator) -> None:
    third = third_with_a_kernel(page, "digit")
    expect(said(third)).to_contain_text("The pad is empty")
    page.evaluate("model.set('chosen', 2); model.set('row', 5)")
    expect(said(third)).to_contain_text("So far, after 5 of 28 rows")
    assert page.evaluate("saved") == 0
    draw(page, third, SEVEN)
    assert page.evaluate(
        "[saved, model.get('chosen'), model.get('ink').byteLength]"
    ) == [*(1, None, 784)]
    sent = page.evaluate("[...new Uint8Array(model.get('ink').buffer)]")
    drawing = np.array(sent, np.uint8).reshape(28, 28)
    slide(ranging(third, "row"), 28)
    wanted = shipped_net().probabilities(centred(drawing)[np.newaxis])[0, -1]
    expect(third.locator(".digit-chances")).to_contain_text("after row 28")
    np.testing.assert_allclose(shares_of(third), wanted, atol=1e-6)
    assert page.evaluate("heard") > 0
    page.evaluate("close()")
    expect(third).to_have_count(0)
    assert page.evaluate("heard") == 0


def test_axe_finds_nothing_where_there_is_room(page: Page) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "digit-1000-light.png", full_page=True)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000


def test_with_reduced_motion_pictures_stand_still_in_between(
    browser: Browser, at: str
) -> None:
    with viewing(browser, f"{at}dark.html", reduced_motion="reduce") as page:
        view = page.locator(".digit-view").first
        press(view, "First row")
        view.locator(".digit-rows canvas").evaluate(
            """canvas => {
              window.drawn = 0;
              const pen = canvas.getContext('2d');
              const inner = pen.clearRect.bind(pen);
              pen.clearRect = (...box) => { drawn += 1; inner(...box); };
            }"""
        )
        started = time.monotonic()
        press(view, "Play")
        expect(ranging(view, "row")).to_have_value("28", timeout=20_000)
        # Once in 0.4 s, and a little more at the beginning and the end.
        most = (time.monotonic() - started) / 0.4 + 5
        assert 4 <= page.evaluate("drawn") <= most


# --- MNIST --------------------------------------------------------------------------


def test_the_page_reads_500_test_images_as_python_does(
    page: Page, net: DigitNet
) -> None:
    folder = Path(os.environ.get("UNROLLED_DATA") or "none")
    if not (folder / "mnist.npz").is_file():
        pytest.skip("MNIST (mnist.npz) is not in the data directory UNROLLED_DATA")
    found = digits.load(folder)
    images, labels = found.test_images[:500], found.test_labels[:500]
    text, framed = page.evaluate(READ, base64.b64encode(images.tobytes()).decode())
    shares = np.frombuffer(base64.b64decode(text)).reshape(500, 28, 10)
    np.testing.assert_allclose(shares, net.probabilities(images), atol=1e-9)
    accuracy = (shares[:, -1].argmax(axis=1) == labels).mean()
    print(f"in the page, {100 * accuracy:.1f} % of 500 test images are right")
    assert accuracy >= 0.98
    assert framed == 500, "they stand in MNIST's frame already"
