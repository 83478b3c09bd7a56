"""The sampler in a browser, on a page as the site makes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.demo.demo import bars
from tests.site.site_tools import serving, show_in, width_of
from tests.site.view_tools import (
    ARTIFACTS,
    WATCH_FRAMES,
    Tab,
    draw,
    press,
    ranging,
    said,
    sharing,
    slide,
    third_with_a_kernel,
    viewing,
    violations,
    write_pages,
)
from unrolled.training.choosing import Choice
from unrolled.training.generation import generate
from unrolled.training.packed import PackedNet, shipped_bytes, shipped_nets
from unrolled.training.saliency import saliency
from unrolled.views import explore

ENGLISH: dict[str, Any] = {"length": 150, "unit": 5, "seed": 4}
CHINESE: dict[str, Any] = {
    "language": "Chinese",
    "length": 60,
    "temperature": 1.0,
    "top_k": 5,
    "behind": "saliency",
}
PHONE = {"width": 390, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


@pytest.fixture(scope="module")
def nets() -> dict[str, PackedNet]:
    return shipped_nets()


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a folder with two samplers, one in each language."""
    folder: Path = tmp_path_factory.mktemp("sampler")
    views = [
        explore.sampler(shipped_bytes(), picture=bars(), alt="Bars.", **state)
        for state in (ENGLISH, CHINESE)
    ]
    write_pages(folder, views)
    with serving(folder) as address:
        yield address


@pytest.fixture(scope="module")
def tab(browser: Browser, at: str) -> Iterator[Tab]:
    with sharing(browser, f"{at}light.html") as shared:
        yield shared


@pytest.fixture
def page(tab: Tab) -> Iterator[Page]:
    with tab.anew() as opened:
        ready(opened)
        yield opened


def ready(page: Page) -> None:
    page.locator(".sampler-view").last.scroll_into_view_if_needed()
    expect(page.locator(".sampler-view")).to_have_count(2)
    page.evaluate("scrollTo(0, 0)")
    draw(page)


def english(page: Page) -> Locator:
    return page.locator(".sampler-view").first


def chinese(page: Page) -> Locator:
    return page.locator(".sampler-view").last


def text_of(view: Locator) -> str:
    """Return the text on the page, the prefix included."""
    text = view.locator(".sampler-text").evaluate("e => e.textContent")
    return str(text).replace("\u200b", "")


def text_by_python(
    net: PackedNet, prefix: str, length: int, choice: Choice, seed: int
) -> str:
    start = net.vocabulary.encode(prefix)
    written = generate(net, start, length, choice, seed)
    return prefix + net.vocabulary.decode(written)


def rows(view: Locator) -> list[list[str]]:
    """Return the table of chances: sign, the net's own, drawn from."""
    return view.locator(".sampler-bars tbody tr").evaluate_all(
        """rows => rows.filter((row) => !row.hidden).map((row) => {
          const cells = [...row.children].map((cell) => cell.textContent);
          return [cells[0], cells[2], cells[3], cells[1]];
        })"""
    )


def soon(view: Locator, fits: Callable[[list[list[str]]], bool]) -> bool:
    """Wait until the table is as it should be: it is drawn in the next frame."""
    for _ in range(100):
        if fits(rows(view)):
            return True
        view.page.wait_for_timeout(50)
    return fits(rows(view))


# --- what is written ----------------------------------------------------------------


def test_the_texts_are_those_of_python(page: Page, nets: dict[str, PackedNet]) -> None:
    wanted = text_by_python(nets["English"], "ROMEO:", 150, Choice(0.8), 4)
    assert text_of(english(page)) == wanted
    wanted = text_by_python(nets["Chinese"], "分开", 60, Choice(1.0, 5), 1)
    assert text_of(chinese(page)) == wanted


@pytest.mark.parametrize("seed", [0, 17])
def test_flat_out_the_page_writes_what_python_writes(
    page: Page, nets: dict[str, PackedNet], seed: int
) -> None:
    view = english(page)
    slide(ranging(view, "temperature"), 1.2)
    slide(ranging(view, "nucleus (top-p)"), 0.9)
    slide(ranging(view, "seed"), seed)
    ranging(view, "speed").press("End")
    press(view, "Play")
    expect(said(view)).to_contain_text("Written: 2\u202f000 characters", timeout=60_000)
    expect(view.get_by_role("button", name="Play")).to_be_disabled()
    choice = Choice(1.2, nucleus=0.9)
    wanted = text_by_python(nets["English"], "ROMEO:", 2000, choice, seed)
    assert text_of(view) == wanted
    press(view, "Clear")
    expect(said(view)).to_contain_text("Nothing is written yet.")
    expect(view.get_by_role("button", name="Play")).to_be_enabled()
    assert text_of(view) == "ROMEO:"


def test_a_prefix_that_is_typed_is_gone_on_with(
    page: Page, nets: dict[str, PackedNet]
) -> None:
    view = english(page)
    view.get_by_role("textbox", name="Prefix").fill("The king")
    expect(view.locator(".sampler-given")).to_have_count(8)
    wanted = text_by_python(nets["English"], "The king", 150, Choice(0.8), 4)
    expect(view.locator(".sampler-text")).to_contain_text(wanted[-20:].strip())
    assert text_of(view) == wanted
    view.get_by_role("textbox", name="Prefix").fill("↵O")  # as line ends are shown
    expect(view.locator(".sampler-given")).to_have_text(["\n", "O"])
    expect(view.get_by_role("textbox", name="Prefix")).to_have_value("↵O")


def test_what_the_net_does_not_know_is_left_out_and_named(page: Page) -> None:
    view, field = english(page), english(page).get_by_role("textbox", name="Prefix")
    note = view.locator(".sampler-about")
    expect(note).to_contain_text("Shakespeare")
    field.fill("Café 人")
    expect(note).to_have_text("The English net does not know “é”, “人”: left out.")
    expect(view.locator(".sampler-given")).to_have_text(["C", "a", "f", " "])
    field.fill("")
    expect(note).to_contain_text("type at least one character")
    expect(view.locator(".sampler-given")).to_have_text(["C", "a", "f", " "])
    field.fill("é")
    expect(note).to_contain_text("“é”: left out. The net has to read something first")
    field.fill("Juliet")
    expect(note).to_contain_text("Shakespeare")


def test_the_other_language_has_a_prefix_and_units_of_its_own(
    page: Page, nets: dict[str, PackedNet]
) -> None:
    view = english(page)
    field = view.get_by_role("textbox", name="Prefix")
    field.fill("Hark")
    view.get_by_label("中文").check()
    expect(field).to_have_value("分开")
    expect(ranging(view, "unit picked out")).to_have_attribute(
        "max", str(nets["Chinese"].hidden_size)
    )
    wanted = text_by_python(nets["Chinese"], "分开", 150, Choice(0.8), 4)
    expect(view.locator(".sampler-text")).to_contain_text(wanted[-5:].strip())
    assert text_of(view) == wanted
    view.get_by_label("English").check()
    expect(field).to_have_value("Hark")


# --- every control ------------------------------------------------------------------


def test_step_by_step(page: Page) -> None:
    view = english(page)
    whole = text_of(view)
    press(view, "Clear")
    expect(said(view)).to_contain_text("Nothing is written yet. Next: 65 characters")
    for number in (1, 2, 3):
        press(view, "Step")
        expect(said(view)).to_contain_text(f"Written: {number} character")
        assert text_of(view) == whole[: 6 + number]
        (drawn,) = [row for row in rows(view) if row[3]]
        assert drawn[3] == "drawn"
        assert drawn[0].replace("␣", " ").replace("↵", "\n") == whole[5 + number]


def test_the_speed_is_readable_at_first(page: Page) -> None:
    view = english(page)
    assert ranging(view, "speed").get_attribute("aria-valuetext") == "20/s"
    press(view, "Play")
    page.wait_for_timeout(1500)
    press(view, "Pause")
    (count,) = re.findall(r"Written: (\d+) characters", said(view).inner_text())
    assert 155 < int(count) < 190
    kept = text_of(view)
    page.wait_for_timeout(300)
    assert text_of(view) == kept, "paused"


@pytest.mark.parametrize(
    ("control", "value", "choice"),
    [
        ("temperature", 0, Choice(0.0)),
        ("temperature", 1.5, Choice(1.5)),
        ("top-k", 2, Choice(0.8, 3)),  # the third stop
        ("nucleus (top-p)", 0.5, Choice(0.8, nucleus=0.5)),
        ("nucleus (top-p)", 1, Choice(0.8)),
    ],
)
def test_a_setting_writes_the_text_anew(
    page: Page,
    nets: dict[str, PackedNet],
    control: str,
    value: float,
    choice: Choice,
) -> None:
    view = english(page)
    slide(ranging(view, control), value)
    wanted = text_by_python(nets["English"], "ROMEO:", 150, choice, 4)
    page.wait_for_function(
        "([box, end]) => box.textContent.replace('\\u200b', '').endsWith(end)",
        arg=[view.locator(".sampler-text").element_handle(), wanted[-25:]],
    )
    assert text_of(view) == wanted


def test_what_is_cut_is_said_and_what_is_kept_grows(page: Page) -> None:
    view = english(page)
    press(view, "Clear")
    slide(ranging(view, "temperature"), 1)
    expect(said(view)).to_contain_text("Next: 65 characters can be drawn")
    assert soon(view, lambda shown: all(own == it for _, own, it, _ in shown))
    slide(ranging(view, "top-k"), 2)
    expect(said(view)).to_contain_text("Next: 3 characters can be drawn")
    cut = [False] * 3 + [True] * 9
    assert soon(view, lambda shown: [it == "cut" for _, _, it, _ in shown] == cut)
    slide(ranging(view, "temperature"), 0)
    expect(said(view)).to_contain_text("Next: 1 character can be drawn")
    assert soon(view, lambda shown: shown[0][2] == "100\u202f%")


def test_the_chances_are_those_of_python(
    page: Page, nets: dict[str, PackedNet]
) -> None:
    view, net = english(page), nets["English"]
    text = net.vocabulary.encode(text_of(view))
    hidden = net.numpy_cell().forward(np.eye(65)[text[:-1]][np.newaxis]).outputs[0, -1]
    logits = hidden @ net.weights["W_hq"] + net.weights["b_q"]
    own, chosen = Choice().distribution(logits), Choice(0.8).distribution(logits)
    for sign, own_text, chosen_text, _ in rows(view):
        index = net.vocabulary.index(sign.replace("␣", " ").replace("↵", "\n"))
        for share, shown in ((own[index], own_text), (chosen[index], chosen_text)):
            found = float(re.sub(r"[^\d.]", "", shown)) / 100
            assert found == pytest.approx(share, rel=0.06, abs=1e-4)


def test_another_character_can_be_looked_at(page: Page) -> None:
    view = english(page)
    whole = text_of(view)
    view.locator(".sampler-text").evaluate("box => { box.scrollTop = 0; }")
    view.locator(".sampler-text span").nth(10).click()
    expect(said(view)).to_contain_text("Character 11, ")
    expect(view.locator(".sampler-picked")).to_have_count(1)
    expect(ranging(view, "look at")).to_have_value("10")
    view.locator(".sampler-text").focus()
    page.keyboard.press("ArrowRight")
    expect(said(view)).to_contain_text("Character 12, ")
    page.keyboard.press("Home")
    expect(said(view)).to_contain_text("Character 2, “O”, of the prefix:")
    assert soon(
        view, lambda shown: [row[3][:5] for row in shown if row[3]] == ["given"]
    )
    page.keyboard.press("End")
    expect(said(view)).to_contain_text("Next: 65 characters can be drawn")
    slide(ranging(view, "look at"), 20)
    expect(said(view)).to_contain_text("Character 21, ")
    assert text_of(view) == whole
    press(view, "Step")  # what is new is looked at
    expect(said(view)).to_contain_text("Character 157, ")


def test_a_unit_is_picked_out_over_the_text(
    page: Page, nets: dict[str, PackedNet]
) -> None:
    view, net = english(page), nets["English"]
    text = net.vocabulary.encode(text_of(view))
    states = net.numpy_cell().forward(np.eye(65)[text][np.newaxis]).outputs[0]
    for unit in (5, 77):
        slide(ranging(view, "unit picked out"), unit)
        expect(view.locator(".sampler-reading")).to_contain_text(f"Unit {unit} after")
        heights = view.locator(".sampler-text span:not(.sampler-next)").evaluate_all(
            r"""spans => spans.map((span) => {
              const found = /to (top|bottom).* (\d+)%/.exec(span.style.background);
              return found ? (found[1] === 'top' ? 1 : -1) * Number(found[2]) : 0;
            })"""
        )
        np.testing.assert_allclose(heights, 100 * states[:, unit - 1], atol=0.51)
    reading = view.locator(".sampler-reading").inner_text()
    shown = float(reading.rsplit(" ", 1)[1].replace("−", "-"))
    assert shown == pytest.approx(states[-1, 76], abs=0.0051)


def test_units_worth_a_look_are_offered(page: Page, nets: dict[str, PackedNet]) -> None:
    view = english(page)
    (unit, does), *_ = nets["English"].units
    listed = view.get_by_role("combobox", name="Units worth a look")
    listed.select_option(label=f"{unit}: {does}")
    expect(ranging(view, "unit picked out")).to_have_value(str(unit))
    slide(ranging(view, "unit picked out"), 160 if unit != 160 else 1)
    expect(listed).to_have_value("")


def test_the_heat_map_picks_units_and_characters(page: Page) -> None:
    view = english(page)
    surface = view.locator(".sampler-state .unrolled-surface")
    box = box_of(surface)
    surface.click(position={"x": 30 + 0.4 * (box["width"] - 32), "y": 81})
    expect(ranging(view, "unit picked out")).to_have_value("41")
    # 156 characters are there, 40 of them are shown: the 17th column is number 133.
    expect(said(view)).to_contain_text("Character 133, ")
    surface.focus()
    page.keyboard.press("ArrowDown")
    expect(ranging(view, "unit picked out")).to_have_value("42")
    page.keyboard.press("PageUp")
    expect(ranging(view, "unit picked out")).to_have_value("32")


def test_what_matters_is_shown_behind_the_text(
    page: Page, nets: dict[str, PackedNet]
) -> None:
    view, net = chinese(page), nets["Chinese"]
    text = net.vocabulary.encode(text_of(view))
    lengths = saliency(net, text)
    shares = lengths / lengths.max()
    wanted = np.where(shares > 0.01, 100 * (1 + np.log10(shares) / 2), 0)
    heights = view.locator(".sampler-text span:not(.sampler-next)").evaluate_all(
        r"""spans => spans.map(
          (span) => Number(/top.* (\d+)%/.exec(span.style.background)?.[1] ?? 0))"""
    )
    assert len(heights) == 62
    np.testing.assert_allclose(heights[1:-1], wanted[-60:], atol=0.51)
    assert heights[-1] == 0, "the one that is predicted"
    view.locator(".sampler-text span").nth(55).hover()
    expect(view.locator(".sampler-reading")).to_contain_text("as the most important")
    view.get_by_label("a unit").check()
    expect(view.locator(".sampler-reading")).to_contain_text("Unit 1 after")


def test_a_kernel_is_followed_and_told(page: Page) -> None:
    view = third_with_a_kernel(page, "sampler")
    expect(said(view)).to_contain_text("Written: 150 characters")
    page.evaluate("model.set('length', 20); model.set('seed', 9)")
    expect(said(view)).to_contain_text("Written: 20 characters")
    assert page.evaluate("saved") == 0
    press(view, "Step")
    assert page.evaluate("[model.get('length'), saved]") == [21, 1]
    slide(ranging(view, "temperature"), 0.5)
    assert page.evaluate("[model.get('temperature'), saved]") == [0.5, 2]
    press(view, "Play")
    page.wait_for_timeout(300)
    assert page.evaluate("saved") == 2, "told once it rests"
    press(view, "Pause")
    assert page.evaluate("saved") == 3
    assert page.evaluate("heard") > 0
    page.evaluate("close()")
    expect(view).to_have_count(0)
    assert page.evaluate("heard") == 0


def test_two_samplers_on_a_page_do_not_disturb_each_other(page: Page) -> None:
    before = text_of(chinese(page))
    press(english(page), "Step")
    expect(said(english(page))).to_contain_text("Written: 151 characters")
    assert text_of(chinese(page)) == before


# --- for everyone -------------------------------------------------------------------


def box_of(place: Locator) -> FloatRect:
    box = place.bounding_box()
    assert box is not None
    return box


def test_controls_are_large_enough_for_fingers(browser: Browser, at: str) -> None:
    with viewing(browser, f"{at}light.html", **PHONE) as page:
        ready(page)
        controls = english(page).locator(
            "button, select, input[type=range], [type=text]"
        )
        for box in (each.bounding_box() for each in controls.all()):
            assert box is None or box["height"] >= 40


@pytest.mark.parametrize("width", [390, 1000])
def test_nothing_moves_while_the_net_writes(
    browser: Browser, at: str, width: int
) -> None:
    places = """view =>
      [...view.querySelectorAll('.unrolled-slider, canvas, table, tr')]
      .map((e) => Math.round(e.getBoundingClientRect().top + scrollY))"""
    with viewing(browser, f"{at}light.html", **{**PHONE, "width": width}) as page:
        ready(page)
        view = english(page)
        before = view.evaluate(places)
        for _ in range(12):
            press(view, "Step")
            page.wait_for_timeout(30)
            assert view.evaluate(places) == before
        view.get_by_label("what matters").check()
        expect(view.locator(".sampler-reading")).to_contain_text("How much each")
        assert view.evaluate(places) == before


def test_the_sampler_is_worked_by_keyboard_alone(page: Page) -> None:
    view = english(page)
    view.evaluate("view => { view.tabIndex = -1; view.focus(); }")
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = view.evaluate(
            """view => {
              const now = document.activeElement;
              if (!view.contains(now)) return null;
              const { outlineStyle } = getComputedStyle(now);
              if (outlineStyle === 'none' && now.type !== 'radio') return '';
              const text = now.labels?.[0]?.innerText || now.innerText;
              return (now.getAttribute('aria-label') || text).trim();
            }"""
        )
        if name is None:
            break
        reached.append(name)
    for control in (
        *("English", "Prefix", "Play", "Step", "Clear", "speed", "look at", "a unit"),
        *("temperature", "top-k", "nucleus (top-p)", "seed", "unit picked out"),
        *("Units worth a look",),
    ):
        assert control in reached, control
    assert all(reached)
    assert sum("arrow keys" in name for name in reached) == 2
    view.get_by_role("button", name="Step").focus()
    page.keyboard.press("Enter")
    expect(said(view)).to_contain_text("Written: 151 characters")


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, at: str, width: int
) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    address = f"{at}dark.html"
    with viewing(browser, address, width=width, has_touch=width < 500) as page:
        ready(page)
        for theme in ("dark", "light"):
            show_in(page, theme)
            draw(page)
            file = ARTIFACTS / f"sampler-{width}-{theme}.png"
            page.screenshot(path=file, full_page=True)
            assert violations(page) == [], theme
            assert width_of(page) <= width, theme


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_letters_stand_out_from_the_bars_behind_them(
    browser: Browser, at: str, theme: str
) -> None:
    contrast = """view => {
      const pen = document.createElement('canvas').getContext('2d');
      const luminance = (colour) => {
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((c) =>
          c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const probe = view.querySelector('.sampler-text').appendChild(
        document.createElement('b'));
      const ink = luminance(getComputedStyle(probe).color);
      const ratios = ['low', 'high', 'saliency'].map((side) => {
        probe.style.backgroundColor = `var(--sampler-${side})`;
        const ground = luminance(getComputedStyle(probe).backgroundColor);
        return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
      });
      probe.remove();
      return ratios;
    }"""
    with viewing(browser, f"{at}{theme}.html") as page:
        ready(page)
        ratios = english(page).evaluate(contrast)
        print(theme, [round(ratio, 1) for ratio in ratios])
        assert min(ratios) >= 4.5


def test_with_reduced_motion_pictures_stand_still_in_between(
    browser: Browser, at: str
) -> None:
    with viewing(browser, f"{at}light.html", reduced_motion="reduce") as page:
        ready(page)
        view = english(page)
        view.locator("canvas").last.evaluate(
            """canvas => {
              window.drawn = 0;
              const pen = canvas.getContext('2d');
              const inner = pen.clearRect.bind(pen);
              pen.clearRect = (...box) => { drawn += 1; inner(...box); };
            }"""
        )
        press(view, "Play")
        page.wait_for_timeout(2000)
        press(view, "Pause")
        assert 2 <= page.evaluate("drawn") <= 9
        expect(said(view)).to_contain_text("Written: 1")


@pytest.mark.parametrize("behind", ["a unit", "what matters"])
def test_flat_out_a_frame_has_time_to_spare(
    browser: Browser, at: str, behind: str
) -> None:
    with viewing(browser, f"{at}light.html", script=WATCH_FRAMES) as page:
        ready(page)
        view = english(page)
        view.get_by_label(behind).check()
        press(view, "Clear")
        ranging(view, "speed").press("End")
        page.evaluate("frames_seen.clear()")
        press(view, "Play")
        expect(said(view)).to_contain_text("2\u202f000 characters", timeout=60_000)
        pairs = page.evaluate("[...frames_seen]")
        times, costs = np.array(pairs).T
        print(
            f"flat out, {behind}: {len(times)} frames, {np.median(costs):.1f} ms a "
            f"frame ({np.percentile(costs, 95):.1f} ms in 19 of 20)"
        )
        assert len(times) > 10
