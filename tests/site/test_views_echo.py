"""The echo lab in a browser, on a page as the site makes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

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
    number_after,
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
from unrolled.views import explore

PUBLISHED = {"window": 15, "scheme": "published", "seed": 2}
PHONE = {"width": 390, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
EPOCH = 666


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a folder with two labs: too narrow a window, and one that learns."""
    folder: Path = tmp_path_factory.mktemp("echo")
    views = [
        explore.echo(picture=bars(), alt="Bars.", **state) for state in ({}, PUBLISHED)
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
    page.locator(".echo-view").last.scroll_into_view_if_needed()
    expect(page.locator(".echo-view")).to_have_count(2)
    page.evaluate("scrollTo(0, 0)")
    draw(page)


def narrow(page: Page) -> Locator:
    return page.locator(".echo-view").first


def wide(page: Page) -> Locator:
    return page.locator(".echo-view").last


def choose(view: Locator, label: str) -> None:
    view.get_by_role("combobox", name="Settings").select_option(label=label)


def chosen(view: Locator) -> str:
    box = view.get_by_role("combobox", name="Settings")
    return str(box.evaluate("box => box.selectedOptions[0].text"))


def train_flat_out(view: Locator, windows: int) -> None:
    """Play as fast as it goes until so many windows are trained."""
    ranging(view, "speed").press("End")
    press(view, "Play")
    view.page.wait_for_function(
        """([text, windows]) =>
          Number(/Window (\\d+)/.exec(text.textContent)?.[1]) >= windows""",
        arg=[said(view).element_handle(), windows],
        timeout=60_000,
    )
    press(view, "Pause")


def windows_of(view: Locator) -> int:
    (found,) = re.findall(r"Window (\d+),", said(view).inner_text())
    return int(found)


# --- what is learnt -----------------------------------------------------------------


def test_it_begins_untrained_and_says_what_its_windows_lack(page: Page) -> None:
    expect(said(narrow(page))).to_have_text(
        "Not trained yet. The gradient ends too early: the input that a target echoes, "
        "3 steps back, is never in the target’s own window (3 steps)."
    )
    expect(narrow(page).locator(".echo-caption")).to_contain_text(
        "an input 1 step before the window: there the gradient is cut."
    )
    assert chosen(narrow(page)) == "the failing window"
    assert chosen(wide(page)) == "the published settings"


def test_the_narrow_window_stays_near_chance(page: Page) -> None:
    train_flat_out(narrow(page), 2500)
    text = said(narrow(page)).inner_text()
    assert "near chance" in text
    assert number_after("loss", text) > 0.55


def test_a_wide_window_learns(page: Page) -> None:
    view = wide(page)
    train_flat_out(view, 2 * EPOCH)
    text = said(view).inner_text()
    assert number_after("loss", text) < 0.05
    assert "of the bits right: learnt. The gradient reaches far enough: 12 of" in text
    expect(view.get_by_role("img", name="0 of 75 bits are told wrong")).to_be_visible()
    expect(view.locator(".echo-caption")).to_contain_text("input of step 12")


def test_one_step_more_is_enough(page: Page) -> None:
    view = narrow(page)
    ranging(view, "width of a window").press("ArrowRight")
    expect(said(view)).to_contain_text("Not trained yet.")
    expect(said(view)).to_contain_text("1 of a window’s 4 targets has the input")
    train_flat_out(view, 2500)
    assert number_after("loss", said(view).inner_text()) < 0.01


# --- every control ------------------------------------------------------------------


def test_one_window_restart_and_new_weights(page: Page) -> None:
    view = wide(page)
    for windows in (1, 2, 3):
        press(view, "+1 window")
        expect(said(view)).to_contain_text(f"Window {windows}, epoch 1. Over all")
    loss = number_after("loss", said(view).inner_text())
    press(view, "Restart")
    expect(said(view)).to_contain_text("Not trained yet.")
    for _ in range(3):
        press(view, "+1 window")
    expect(said(view)).to_contain_text("Window 3,")
    assert number_after("loss", said(view).inner_text()) == loss, "the same run again"
    press(view, "New weights")
    expect(said(view)).to_contain_text("Not trained yet.")
    expect(ranging(view, "seed")).to_have_value("3")
    for _ in range(3):
        press(view, "+1 window")
    expect(said(view)).to_contain_text("Window 3,")
    assert number_after("loss", said(view).inner_text()) != loss


def test_pausing_keeps_the_place_and_playing_goes_on(page: Page) -> None:
    view = wide(page)
    press(view, "Play")
    expect(said(view)).to_contain_text("Window")
    press(view, "Pause")
    page.wait_for_timeout(200)
    paused = said(view).inner_text()
    page.wait_for_timeout(400)
    assert said(view).inner_text() == paused
    press(view, "Play")
    expect(said(view)).not_to_have_text(paused)
    press(view, "Pause")


def test_the_speed_is_that_of_the_slider_and_is_shown(page: Page) -> None:
    view = wide(page)
    ranging(view, "speed").press("Home")
    assert ranging(view, "speed").get_attribute("aria-valuetext") == "1/s"
    slide(ranging(view, "speed"), 400)  # of 1000: 100 windows a second
    press(view, "Play")
    page.wait_for_timeout(2000)
    press(view, "Pause")
    assert 80 < windows_of(view) < 260
    shown = view.locator(".echo-rate").inner_text()
    (rate,) = re.findall(r"^(\d+) windows/s$", shown)
    assert 50 < int(rate) < 150
    ranging(view, "speed").press("End")
    assert ranging(view, "speed").get_attribute("aria-valuetext") == "flat out"


@pytest.mark.parametrize(
    ("control", "key", "said_then"),
    [
        ("delay of the echo", "ArrowRight", "11 of a window’s 15 targets .* 4 steps"),
        ("width of a window", "ArrowLeft", "11 of a window’s 14 targets"),
        ("stride to the next window", "ArrowLeft", "12 of a window’s 15 targets"),
        ("size of the state H", "ArrowRight", "12 of a window’s 15 targets"),
        ("learning rate η", "ArrowRight", "12 of a window’s 15 targets"),
        ("seed", "ArrowRight", "12 of a window’s 15 targets"),
    ],
)
def test_a_slider_begins_another_run(
    page: Page, control: str, key: str, said_then: str
) -> None:
    view = wide(page)
    usual = losses_after_ten(view)
    ranging(view, control).press(key)
    expect(said(view)).to_contain_text("Not trained yet.")
    expect(said(view)).to_have_text(re.compile(said_then))
    assert chosen(view) == "settings of your own"
    assert losses_after_ten(view) != usual


def losses_after_ten(view: Locator) -> float:
    """Train ten windows, one by one; return their mean loss."""
    for _ in range(10):
        press(view, "+1 window")
    expect(said(view)).to_contain_text("Window 10,")
    return number_after("loss", said(view).inner_text())


@pytest.mark.parametrize(
    ("group", "option", "rate"),
    [
        ("optimiser", "Adam", "0.03"),
        ("optimiser", "plain", "0.3"),
        ("first weights", "the course’s", "0.3"),
    ],
)
def test_a_choice_begins_another_run(
    page: Page, group: str, option: str, rate: str
) -> None:
    view = wide(page)
    usual = losses_after_ten(view)
    view.get_by_role("radiogroup", name=group).get_by_label(option).check()
    expect(said(view)).to_contain_text("Not trained yet.")
    expect(ranging(view, "learning rate η")).to_have_attribute("aria-valuetext", rate)
    assert losses_after_ten(view) != usual


def test_the_stride_goes_no_further_than_the_window(page: Page) -> None:
    view = wide(page)
    stride = ranging(view, "stride to the next window")
    slide(stride, 6)
    slide(ranging(view, "width of a window"), 9)
    expect(stride).to_have_value("6")
    slide(ranging(view, "width of a window"), 4)
    expect(stride).to_have_value("4")
    expect(stride).to_have_attribute("max", "4")
    slide(ranging(view, "width of a window"), 12)  # it was whole, and stays so
    expect(stride).to_have_value("12")


@pytest.mark.parametrize(
    ("preset", "window", "scheme"),
    [
        ("the failing window", "3", "course"),
        ("the published settings", "15", "published"),
        ("the unlucky seed", "15", "published"),
        ("the course's initialisation", "15", "course"),
    ],
)
def test_a_preset_sets_everything(
    page: Page, preset: str, window: str, scheme: str
) -> None:
    view = narrow(page)
    ranging(view, "delay of the echo").press("End")
    choose(view, preset)
    expect(ranging(view, "delay of the echo")).to_have_value("3")
    expect(ranging(view, "width of a window")).to_have_value(window)
    expect(view.locator(f"input[value={scheme}]")).to_be_checked()
    assert chosen(view) == preset


def test_the_unlucky_seed_is_at_chance_after_two_epochs(page: Page) -> None:
    view = narrow(page)
    choose(view, "the unlucky seed")
    train_flat_out(view, 2 * EPOCH)
    expect(said(view)).to_contain_text("near chance. The gradient reaches far enough")


def test_the_axis_and_the_run_before(page: Page) -> None:
    view = wide(page)
    train_flat_out(view, 200)
    toggle = view.get_by_role("button", name="log axis")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(view.locator(".echo-before")).to_have_text("")
    ranging(view, "delay of the echo").press("ArrowLeft")
    expect(view.locator(".echo-before")).to_have_text(
        "Dotted: the run before, window 15, delay 3, state 4, seed 2."
    )
    loss = view.get_by_role("img", name="The loss of each window; none is trained yet.")
    expect(loss).to_be_visible()


def test_a_run_that_is_over_stops_by_itself(page: Page) -> None:
    view = narrow(page)
    slide(ranging(view, "width of a window"), 30)
    ranging(view, "speed").press("End")
    press(view, "Play")
    expect(said(view)).to_contain_text("epoch 100.", timeout=60_000)
    expect(view.get_by_role("button", name="Play")).to_be_disabled(timeout=30_000)
    assert windows_of(view) == 100 * (10_000 // 30)
    press(view, "Restart")
    expect(view.get_by_role("button", name="Play")).to_be_enabled()
    expect(said(view)).to_contain_text("Not trained yet.")


def test_two_labs_on_a_page_do_not_disturb_each_other(page: Page) -> None:
    press(wide(page), "+1 window")
    expect(said(wide(page))).to_contain_text("Window 1,")
    expect(said(narrow(page))).to_contain_text("Not trained yet.")


def test_a_kernel_is_followed_and_told(page: Page) -> None:
    view = third_with_a_kernel(page, "echo")
    page.evaluate("model.set('window', 15); model.set('stride', 15)")
    page.evaluate("model.set('windows', 700)")
    expect(said(view)).to_contain_text("Window 700, epoch 2.")
    page.evaluate("model.set('windows', 20)")
    expect(said(view)).to_contain_text("Window 20, epoch 1.")
    assert page.evaluate("saved") == 0
    press(view, "+1 window")
    assert page.evaluate("[model.get('windows'), saved]") == [21, 1]
    slide(ranging(view, "delay of the echo"), 5)
    expect(said(view)).to_contain_text("Not trained yet.")
    told = "[model.get('delay'), model.get('windows'), saved > 1]"
    assert page.evaluate(told) == [5, 0, True]
    press(view, "Play")
    expect(said(view)).to_contain_text("Window")
    saves = page.evaluate("saved")
    page.wait_for_timeout(300)
    assert page.evaluate("saved") == saves, "told once it rests"
    press(view, "Pause")
    assert page.evaluate("saved") == saves + 1
    assert page.evaluate("heard") > 0
    page.evaluate("close()")
    expect(view).to_have_count(0)
    assert page.evaluate("heard") == 0


# --- for everyone -------------------------------------------------------------------


def box_of(place: Locator) -> FloatRect:
    box = place.bounding_box()
    assert box is not None
    return box


def test_play_loss_and_verdict_fit_on_a_phone(browser: Browser, at: str) -> None:
    with viewing(browser, f"{at}light.html", **PHONE) as page:
        ready(page)
        view = wide(page)
        train_flat_out(view, EPOCH)
        top = box_of(view.get_by_role("button", name="Play"))["y"]
        verdict = box_of(said(view))
        assert verdict["y"] + verdict["height"] - top < 560
        assert box_of(view.get_by_role("img").first)["y"] > top
        width = "document.documentElement.scrollWidth"
        for name in ("width of a window", "delay of the echo", "size of the state H"):
            ranging(view, name).evaluate("input => { input.value = input.max; }")
            ranging(view, name).dispatch_event("change")
        assert page.evaluate(width) == 390


@pytest.mark.parametrize("width", [390, 1000])
def test_nothing_moves_while_the_net_is_trained(
    browser: Browser, at: str, width: int
) -> None:
    places = """view => [...view.querySelectorAll('.unrolled-slider, canvas, p')]
      .map((e) => Math.round(e.getBoundingClientRect().top + scrollY))"""
    with viewing(browser, f"{at}light.html", **{**PHONE, "width": width}) as page:
        ready(page)
        view = wide(page)
        before = view.evaluate(places)
        press(view, "+1 window")
        expect(said(view)).to_contain_text("Window 1,")
        assert view.evaluate(places) == before
        train_flat_out(view, 2 * EPOCH)
        assert view.evaluate(places) == before
        ranging(view, "size of the state H").press("ArrowRight")
        expect(said(view)).to_contain_text("Not trained yet.")
        assert view.evaluate(places) == before


def test_controls_are_large_enough_for_fingers(browser: Browser, at: str) -> None:
    with viewing(browser, f"{at}light.html", **PHONE) as page:
        ready(page)
        controls = wide(page).locator("button, select, input[type=range]")
        for box in (each.bounding_box() for each in controls.all()):
            assert box is None or box["height"] >= 40


def test_the_lab_is_worked_by_keyboard_alone(page: Page) -> None:
    view = narrow(page)
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
        if name == "width of a window":
            page.keyboard.press("ArrowRight")
    for control in (
        *("Play", "+1 window", "Restart", "New weights", "speed", "log axis"),
        *("delay of the echo", "width of a window", "stride to the next window"),
        *("size of the state H", "Adagrad", "learning rate η", "the course’s", "seed"),
    ):
        assert control in reached, control
    assert all(reached)
    assert reached[0].startswith("Settings")
    expect(said(view)).to_contain_text("1 of a window’s 4 targets")
    ranging(view, "speed").focus()
    page.keyboard.press("End")
    view.get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")
    expect(said(view)).to_contain_text("learnt", timeout=30_000)


@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, at: str, width: int
) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    address = f"{at}dark.html"
    with viewing(browser, address, width=width, has_touch=width < 500) as page:
        ready(page)
        train_flat_out(wide(page), 2 * EPOCH)
        ranging(wide(page), "delay of the echo").press("ArrowRight")
        expect(said(wide(page))).to_contain_text("Not trained yet.")
        for theme in ("dark", "light"):
            show_in(page, theme)
            draw(page)
            file = ARTIFACTS / f"echo-{width}-{theme}.png"
            page.screenshot(path=file, full_page=True)
            assert violations(page) == [], theme
            assert width_of(page) <= width, theme


def test_with_reduced_motion_pictures_stand_still_in_between(
    browser: Browser, at: str
) -> None:
    with viewing(browser, f"{at}light.html", reduced_motion="reduce") as page:
        ready(page)
        view = wide(page)
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
        assert windows_of(view) > 200


def test_flat_out_a_frame_has_time_to_spare(browser: Browser, at: str) -> None:
    with viewing(browser, f"{at}light.html", script=WATCH_FRAMES) as page:
        ready(page)
        view = wide(page)
        ranging(view, "stride to the next window").press("Home")  # a long run
        ranging(view, "speed").press("End")
        press(view, "Play")
        page.wait_for_timeout(1000)
        page.evaluate("frames_seen.clear()")
        before = windows_of(view)
        page.wait_for_timeout(3000)
        pairs = page.evaluate("[...frames_seen]")
        press(view, "Pause")
        times, costs = np.array(pairs).T
        seconds = (times[-1] - times[0]) / 1000
        print(
            f"flat out: {(windows_of(view) - before) / 3:.0f} windows/s, "
            f"{len(times) / seconds:.0f} frames/s, {np.median(costs):.1f} ms a frame "
            f"({np.percentile(costs, 95):.1f} ms in 19 of 20); "
            f"shown: {view.locator('.echo-rate').inner_text()}"
        )
        assert len(times) > 60
        assert np.median(costs) < 16
        assert windows_of(view) - before > 3000
