"""The view "Unroll" in a browser, on a page as the site makes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from scripts.golden_unroll import TOY, chain_case, toy_case
from tests.demo.demo import bars
from tests.site.site_tools import serving, show_in, width_of
from tests.site.view_tools import (
    ARTIFACTS,
    WATCH_FRAMES,
    Tab,
    draw,
    press,
    resize,
    said,
    sharing,
    slide,
    viewing,
    violations,
    write_pages,
)
from unrolled.views import explore
from unrolled.views.explore.unroll_view import STAGES

# Every slider of the short net: its label, the trait, the place in it, and its step.
SLIDERS = [
    *((f"x {k}", "x", (k - 1,), 0.1) for k in (1, 2)),
    *((f"h 0,{k}", "h_0", (k - 1,), 0.1) for k in (1, 2)),
    *((f"y {k}", "y", (k - 1,), 0.1) for k in (1, 2)),
    *((f"W hh[{i},{j}]", "W_hh", (i - 1, j - 1), 0.05) for i in (1, 2) for j in (1, 2)),
    *((f"W xh[{j}]", "W_xh", (0, j - 1), 0.05) for j in (1, 2)),
    *((f"b h[{j}]", "b_h", (j - 1,), 0.05) for j in (1, 2)),
    *((f"W hq[{i}]", "W_hq", (i - 1, 0), 0.05) for i in (1, 2)),
    ("b q", "b_q", (0,), 0.05),
]
# Texts of the drawing that run into each other, or out of it; nothing else is found.
OVERLAPS = """(sheet) => {
  const shown = [...sheet.querySelectorAll('text')].filter((text) => text.textContent);
  const boxes = shown.map((text) => text.getBoundingClientRect());
  const edge = sheet.getBoundingClientRect();
  const found = [];
  boxes.forEach((a, k) => {
    const out = a.left < edge.left - 1 || a.right > edge.right + 1;
    if (out) found.push(`${shown[k].textContent} leaves the drawing`);
    boxes.forEach((b, l) => {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const up = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      // A box of letters is higher than they are: a fifth of it is empty.
      if (k < l && across > 0.5 && up > 0.25 * Math.min(a.height, b.height)) {
        found.push(`${shown[k].textContent} and ${shown[l].textContent}`);
      }
    });
  });
  return found;
}"""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a folder with a page of two views, light and dark."""
    folder: Path = tmp_path_factory.mktemp("unroll")
    states: list[dict[str, Any]] = [{}, {"mode": "long", "w_rec": 0.95, "steps": 20}]
    views = [explore.unroll(picture=bars(), alt="Bars.", **state) for state in states]
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
    expect(page.locator(".unrolled-unroll")).to_have_count(2)
    draw(page)


def short(page: Page) -> Locator:
    return page.locator(".unrolled-unroll").nth(0)


def long(page: Page) -> Locator:
    return page.locator(".unrolled-unroll").nth(1)


def pick(view: Locator, name: str) -> None:
    view.get_by_role("radio", name=name, exact=True).check()


def range_of(view: Locator, name: str) -> Locator:
    return view.get_by_role("slider", name=name, exact=True)


def number(text: str | None) -> float:
    """Read a number as the view writes it: a true minus, raised exponents."""
    assert text is not None
    plain = text.replace("−", "-").replace("×10", "e").strip()
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    plain = re.sub(r"^(-?)10(?=[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])", r"\g<1>1e", plain)
    return float(plain.translate(raised))


def unfold(view: Locator) -> None:
    """Open everything that can be opened."""
    view.evaluate(
        "view => view.querySelectorAll('details').forEach(d => d.open = true)"
    )


def exact(view: Locator) -> dict[str, float]:
    """Read the table with every number in full."""
    unfold(view)
    rows = view.locator(".unroll-exact tbody tr")
    expect(rows).to_have_count(12 + 2 * 10 + 16 * 3)
    cells = rows.evaluate_all(
        "rows => rows.map(r => [...r.cells].map(c => c.innerText))"
    )
    return {name: number(value) for name, value in cells}


def loss_and_sums(view: Locator) -> list[float]:
    """The loss and the eleven gradients, in the order of the table."""
    return list(exact(view).values())[:12]


def wanted(net: dict[str, Any], activation: str = "tanh") -> list[float]:
    """What the library computes for a net, in the same order."""
    case = toy_case(net, activation)
    names = ("W_xh", "W_hh", "b_h", "W_hq", "b_q")
    sums = [np.ravel(case["gradients"][name]) for name in names]
    return [case["loss"], *np.concatenate(sums).tolist()]


# --- the short net ----------------------------------------------------------------


def test_each_step_computes_and_says_its_numbers(page: Page) -> None:
    view = short(page)
    expect(said(view)).to_have_text(re.compile("Nothing is computed yet"))
    expected = [
        "the input brings (0.5000, 0.6000) and the old state (0.0000, 0.0000)",
        "z₁ = (0.6000, 0.5000)",
        "h₁ = (0.5370, 0.4621)",
        "o₁ = 0.2461",
        "the input brings (1.0000, 1.2000) and the old state (0.1923, 0.2923)",
        "z₂ = (1.2923, 1.3923)",
        "h₂ = (0.8597, 0.8837)",
        "o₂ = 0.3627",
        "e₁ = 0.2461 and e₂ = −0.6373; the loss is L = 0.2334",
        "δ₂ = (−0.0637, −0.1275)",
        "ζ₂ = (−0.0166, −0.0279)",
        "(−0.0089, −0.0150, −0.0077, −0.0129)",
        "δ₁ = (0.0174, 0.0331)",
        "ζ₁ = (0.0124, 0.0260)",
        "(0.0000, 0.0000, 0.0000, 0.0000), and their gradients are the sums "
        "(−0.0089, −0.0150, −0.0077, −0.0129)",
    ]
    assert len(expected) == STAGES
    for stage, words in enumerate(expected, start=1):
        press(view, "Step")
        expect(said(view)).to_contain_text(f"Stage {stage} of {STAGES}")
        expect(said(view)).to_contain_text(words)
    for button in ("Step", "Play"):
        expect(view.get_by_role("button", name=button, exact=True)).to_be_disabled()
    # The focus is handed on, not lost with the button that was switched off.
    expect(view.get_by_role("button", name="To start", exact=True)).to_be_focused()


def test_the_drawing_fills_with_numbers_forward_and_empties_again(page: Page) -> None:
    view = short(page)
    dots = view.locator(".unroll-node .unroll-number", has_text="·")
    products = view.locator(".unroll-label .is-product").filter(
        has_text=re.compile(".")
    )
    terms = view.locator(".unroll-label text").filter(has_text="∂")
    back = view.locator(".unroll-label text").filter(has_text="◂")
    computed = 2 * (2 + 2 + 2 + 2 + 2)  # z, h, δ, ζ of two units; o and e
    expect(dots).to_have_count(computed)
    press(view, "Step")
    expect(products).to_have_count(6)
    press(view, "Step", STAGES - 1)
    expect(dots).to_have_count(0)
    expect(products).to_have_count(16)
    expect(terms).to_have_count(16)
    expect(back).to_have_count(8)
    press(view, "Back", 3)
    expect(terms).to_have_count(8)
    expect(back).to_have_count(2)
    press(view, "To start")
    expect(dots).to_have_count(computed)
    expect(said(view)).to_contain_text("Nothing is computed yet")


def test_every_number_of_the_chapters_net_is_the_librarys(page: Page) -> None:
    view = short(page)
    np.testing.assert_allclose(loss_and_sums(view), wanted(TOY), rtol=1e-12)
    numbers, case = exact(view), toy_case(TOY, "tanh")
    for t in (1, 2):
        assert numbers[f"o{t}"] == pytest.approx(case["outputs"][t - 1], rel=1e-12)
        for unit in (1, 2):
            state, delta = case["states"][t][unit - 1], case["deltas"][t - 1][unit - 1]
            assert numbers[f"h{t},{unit}"] == pytest.approx(state, rel=1e-12)
            assert numbers[f"δ{t},{unit}"] == pytest.approx(delta, rel=1e-12)
    pick(view, "linear")
    expect(said(view)).to_be_visible()
    np.testing.assert_allclose(loss_and_sums(view), wanted(TOY, "linear"), rtol=1e-12)


def test_each_slider_moves_its_number(page: Page) -> None:
    view = short(page)
    unfold(view)
    chapter = view.get_by_role("button", name="Back to the chapter’s numbers")
    assert (
        len(SLIDERS) == view.locator(".unroll-mode:visible input[type=range]").count()
    )
    for label, name, place, step in SLIDERS:
        expect(chapter).to_be_disabled()
        range_of(view, label).press("ArrowRight")
        expect(chapter).to_be_enabled()  # drawn: the table below is that of the new net
        moved = np.array(TOY[name])
        moved[place] += step
        spoken = f"{moved[place]:.2f}".rstrip("0").rstrip(".").replace("-", "−")
        expect(range_of(view, label)).to_have_attribute("aria-valuetext", spoken)
        net = {**TOY, name: moved.tolist()}
        np.testing.assert_allclose(
            loss_and_sums(view), wanted(net), rtol=1e-9, err_msg=label
        )
        chapter.click()
    expect(chapter).to_be_disabled()
    np.testing.assert_allclose(loss_and_sums(view), wanted(TOY), rtol=1e-12)


def test_a_weight_is_chosen_and_its_sum_explained(page: Page) -> None:
    view = short(page)
    weight = view.get_by_role("button", name="Whh[1,2]", exact=True)
    sentence, lit = (
        view.locator(".unroll-sum"),
        view.locator(".unroll-edge.is-selected"),
    )
    expect(sentence).to_contain_text("Choose a weight")
    weight.click()
    expect(weight).to_have_attribute("aria-pressed", "true")
    expect(lit).to_have_count(2)  # one weight, at work in two steps
    expect(sentence).to_contain_text("… + …")
    press(view, "Step", STAGES)
    expect(sentence).to_have_text(
        "∂L/∂Whh[1,2] = h1,1·ζ2,2 + h0,1·ζ1,2 "
        "= 0.5370·(−0.0279) + 0.0000·0.0260 ≈ −0.0150"
    )
    view.locator(".unroll-label.is-weighted").filter(has_text="×0.6").first.click()
    expect(weight).to_have_attribute("aria-pressed", "false")
    expect(sentence).to_contain_text("∂L/∂Wxh[2] = x2·ζ2,2 + x1·ζ1,2")
    press(view, "Wxh[2]")
    expect(lit).to_have_count(0)


def test_the_signs_of_the_edges_and_the_rounding_are_explained(page: Page) -> None:
    legend = short(page).get_by_role("list", name="On the edges")
    expect(legend).to_contain_text("∂ what this step adds to the weight’s gradient")
    expect(legend).to_contain_text("rounded to four decimals")
    expect(legend).not_to_contain_text("Σ")
    expect(short(page)).to_contain_text("the last digit of a sum may look one off")


def test_the_table_adds_up_what_the_steps_bring(page: Page) -> None:
    view = short(page)
    row = view.get_by_role("row", name=re.compile(r"Wxh\[1\]"))
    cells = row.get_by_role("cell")
    expect(cells).to_have_text(["·", "·", "·"])
    press(view, "Step", 12)
    expect(cells).to_have_text(["−0.0332", "·", "−0.0332 …"])
    press(view, "Step", 3)
    expect(cells).to_have_text(["−0.0332", "0.0124", "−0.0209"])


def test_it_plays_by_itself_and_pauses(page: Page) -> None:
    view = short(page)
    press(view, "Play")
    expect(said(view)).to_contain_text("Stage 2 of", timeout=6000)
    press(view, "Pause")
    stood = said(view).inner_text()
    page.wait_for_timeout(2000)
    assert said(view).inner_text() == stood
    press(view, "Step", STAGES - 3)
    press(view, "Play")
    play = view.get_by_role("button", name="Play", exact=True)
    expect(play).to_be_disabled(timeout=6000)  # it has come to the end


WIDTHS = (1000, 700, 390, 330)


def overlaps(page: Page, view: Locator) -> dict[int, list[str]]:
    """List what runs into each other in a drawing, by the width of the window."""
    found = {}
    for width in WIDTHS:
        resize(page, width)
        found[width] = view.locator(".unroll-sheet").evaluate(OVERLAPS)
    return found


@pytest.mark.parametrize("font", ["Arial", "DejaVu Sans"])  # a usual one, a wide one
def test_no_number_runs_into_another(browser: Browser, at: str, font: str) -> None:
    style = f"<style>.unroll-sheet text {{ font-family: '{font}' !important }}</style>"
    script = f"""() => addEventListener('DOMContentLoaded', () => {{
      document.head.insertAdjacentHTML('beforeend', "{style}");
    }})"""
    nothing: dict[int, list[str]] = {width: [] for width in WIDTHS}
    with viewing(browser, f"{at}light.html", script=script) as page:
        ready(page)
        view = short(page)
        press(view, "Step", STAGES)
        assert overlaps(page, view) == nothing
        pick(view, "linear")
        unfold(view)
        for label, *_ in SLIDERS:  # the longest numbers that sliders can make
            slide(range_of(view, label), -3)
        assert overlaps(page, view) == nothing


def test_an_overlap_would_be_found(page: Page) -> None:
    sheet = short(page).locator(".unroll-sheet")
    sheet.locator("text").first.evaluate(
        "text => text.parentNode.append(text.cloneNode(true))"
    )
    assert len(sheet.evaluate(OVERLAPS)) == 1


# --- the long net ------------------------------------------------------------------


def reach(view: Locator, name: str) -> str:
    return view.locator(f"output.unroll-{name}").inner_text()


def left(settings: tuple[str, float, float, int, str, int]) -> float:
    return abs(float(chain_case(*settings)["gradients"][0]))


def comes_to(view: Locator, name: str, wanted: float) -> None:
    """Wait until a readout says a number: what moves is told twice a second."""
    for _ in range(100):
        if number(reach(view, name)) == pytest.approx(wanted, rel=6e-3):
            return
        view.page.wait_for_timeout(20)
    assert number(reach(view, name)) == pytest.approx(wanted, rel=6e-3), name


def check_reach(view: Locator, *settings: Any) -> None:
    """Compare the readout with the library: what is left, its root, the verdict."""
    size = left(settings)
    verdict = "dies" if size < 0.01 else "explodes" if size > 100 else "stays"
    comes_to(view, "left", size)
    comes_to(view, "mean", size ** (1 / settings[3]))
    expect(view.locator("output.unroll-verdict")).to_have_text(verdict)
    expect(said(view)).to_contain_text(f"it {verdict}")


def test_each_control_of_the_long_net(page: Page) -> None:
    view = long(page)
    check_reach(view, "tanh", 0.5, 0.95, 20, "constant", 1)
    slide(range_of(view, "weight w rec"), -1.06)
    check_reach(view, "tanh", 0.5, -1.06, 20, "constant", 1)
    slide(range_of(view, "input weight w x"), 0)
    check_reach(view, "tanh", 0.0, -1.06, 20, "constant", 1)
    slide(range_of(view, "steps T"), 50)
    check_reach(view, "tanh", 0.0, -1.06, 50, "constant", 1)
    pick(view, "linear")
    check_reach(view, "linear", 0.0, -1.06, 50, "constant", 1)
    pick(view, "tanh")
    slide(range_of(view, "input weight w x"), 0.8)
    pick(view, "noise")
    check_reach(view, "tanh", 0.8, -1.06, 50, "noise", 1)
    press(view, "Other noise")
    check_reach(view, "tanh", 0.8, -1.06, 50, "noise", 2)
    press(view, "All settings back")
    check_reach(view, "tanh", 0.5, 0.95, 20, "constant", 1)
    expect(view.get_by_role("button", name="Other noise")).to_be_disabled()


def test_the_factors_multiply_to_the_gradient(page: Page) -> None:
    view = long(page)
    states = chain_case("tanh", 0.5, 0.95, 20, "constant", 1)
    factors = 0.95 * (1 - np.array(states["states"][1:]) ** 2)
    for reached in (20, 13, 5, 0):
        slide(range_of(view, "gradient back to t"), reached)
        wanted_here = float(np.prod(factors[reached:]))
        name = view.locator("dt", has_text=f", {20 - reached} factors")
        expect(name).to_be_visible()
        comes_to(view, "here", wanted_here)
        factor = factors[min(reached, 19)]
        assert number(reach(view, "factor").split("≈")[1]) == pytest.approx(
            factor, rel=6e-3
        )


def test_a_gradient_travels_step_by_step_and_by_itself(page: Page) -> None:
    view = long(page)
    place = range_of(view, "gradient back to t")
    waiting = view.locator(".unroll-road .is-waiting")
    expect(waiting).to_have_count(0)
    press(view, "Step")  # it had arrived: the next one sets out
    expect(place).to_have_value("19")
    expect(waiting).to_have_count(19)
    press(view, "Step")
    expect(place).to_have_value("18")
    press(view, "Play")
    expect(waiting).not_to_have_count(18)
    press(view, "Pause")
    stood = int(place.input_value())
    assert 0 < stood < 18
    page.wait_for_timeout(300)
    assert int(place.input_value()) == stood
    press(view, "Play")
    expect(place).to_have_value("0", timeout=6000)
    expect(view.get_by_role("button", name="Play", exact=True)).to_be_enabled()


def test_the_road_shows_size_and_sign_without_colour(page: Page) -> None:
    view = long(page)
    hollow = view.locator(".unroll-road .is-negative")
    dots, ribbon = view.locator(".unroll-dots"), view.locator(".unroll-solid")
    expect(hollow).to_have_count(0)
    assert dots.get_attribute("d") != ""  # it has died: below 1e-5
    pick(view, "linear")
    slide(range_of(view, "weight w rec"), -1.5)
    expect(hollow).to_have_count(10)  # the sign changes at every step
    assert dots.get_attribute("d") == ""
    widths = ribbon.evaluate("path => path.getBBox().height")
    slide(range_of(view, "weight w rec"), -1)
    page.wait_for_timeout(100)
    assert ribbon.evaluate("path => path.getBBox().height") < widths


def test_the_states_are_drawn_and_named(page: Page) -> None:
    view = long(page)
    states = chain_case("tanh", 0.5, 0.95, 20, "constant", 1)["states"]
    assert bars_of(view, "states") == pytest.approx([14 * h for h in states], abs=0.06)
    expect(view.locator(".unroll-road text", has_text="ht")).to_have_count(1)
    slide(range_of(view, "gradient back to t"), 7)
    expect(view.locator("dt", has_text="state h8")).to_be_visible()
    comes_to(view, "state", states[8])
    expect(said(view)).to_contain_text("the last state is 0.868")
    pick(view, "linear")
    slide(range_of(view, "weight w rec"), -1.5)
    page.wait_for_timeout(100)
    # The largest fills its room, and a state below 0 hangs down.
    swing = bars_of(view, "states")
    assert max(map(abs, swing)) == pytest.approx(14)
    assert min(swing[-2:]) < -9 < 9 < max(swing[-2:])


def bars_of(view: Locator, name: str) -> list[float]:
    """How far the bars of a row go up, in pixels."""
    path = view.locator(f".unroll-{name}").get_attribute("d")
    return [-float(rise) for rise in re.findall(r"v(-?[\d.]+)", path or "")]


@pytest.mark.parametrize("width", [390, 440, 1000])
def test_a_negative_gradient_moves_no_control(page: Page, width: int) -> None:
    resize(page, width)
    view = long(page)
    tops = """view => [...view.querySelectorAll('button, input')]
      .map((e) => e.getBoundingClientRect().top)
      .map((top) => top - view.getBoundingClientRect().top)"""
    # All that the legend may say stands there from the start.
    expect(view.locator(".unrolled-legend")).to_contain_text("negative")
    before = view.evaluate(tops)
    slide(range_of(view, "weight w rec"), -1.3)
    expect(view.locator(".unroll-road .is-negative")).to_have_count(10)
    draw(page)
    assert view.evaluate(tops) == before


# --- on a phone ----------------------------------------------------------------------

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
HEADER = 56  # pixels, of the bar at the top of the site


def extent(view: Locator, *selectors: str) -> float:
    """Pixels from the top of the first to the bottom of the last of some parts."""
    boxes = [
        view.locator(f"{name} >> visible=true").first.bounding_box()
        for name in selectors
    ]
    edges = [
        edge for box in boxes if box for edge in (box["y"], box["y"] + box["height"])
    ]
    assert len(edges) == 2 * len(selectors)
    return max(edges) - min(edges)


def test_on_a_phone_a_stage_and_its_sentence_are_seen_together(
    browser: Browser, at: str
) -> None:
    with viewing(browser, f"{at}light.html", **PHONE) as page:
        ready(page)
        view = short(page)
        sheet, step = (
            view.locator(".unroll-sheet"),
            view.locator(".unroll-bar button").nth(2),
        )
        sheet.evaluate(
            "sheet => scrollTo(0, scrollY + sheet.getBoundingClientRect().top - 56)"
        )
        places = set()
        for stage in range(1, STAGES + 1):
            press(view, "Step")
            expect(said(view)).to_contain_text(f"Stage {stage} of {STAGES}")
            words, button = said(view).bounding_box(), step.bounding_box()
            assert words is not None
            assert button is not None
            assert words["y"] + words["height"] <= 844
            places.add(button["y"])
            seen = button["y"] - HEADER  # of the drawing
            assert seen > 0.9 * (sheet.bounding_box() or {"height": 9999})["height"]
        assert len(places) == 1  # no sentence moves the button under the finger


def test_on_a_phone_the_numbers_and_the_sentence_are_seen_together(
    browser: Browser, at: str
) -> None:
    with viewing(browser, f"{at}light.html", **PHONE) as page:
        ready(page)
        sliders = short(page).locator(".unroll-sliders").first
        sliders.evaluate("sliders => sliders.scrollIntoView({ block: 'end' })")
        # Above both, a good part of the drawing is left in the window.
        assert extent(short(page), ".unrolled-summary", ".unroll-sliders") <= 500
        view = long(page)
        for name in (".unroll-sliders", ".unrolled-player"):
            together = extent(view, ".unroll-road", "output.unroll-verdict", name)
            assert together <= 844 - HEADER


def test_on_a_phone_both_halves_of_the_table_have_headings(
    browser: Browser, at: str
) -> None:
    with viewing(browser, f"{at}light.html", **PHONE) as page:
        ready(page)
        for half in short(page).locator(".unroll-ledger").all():
            heads = half.get_by_role("columnheader")
            expect(heads).to_have_text(["weight", "step 2", "step 1", "sum"])
            boxes = [head.bounding_box() for head in heads.all()]
            assert all(
                box and box["width"] > 30 and box["height"] > 15 for box in boxes
            )
            first = half.locator("tbody tr").first.bounding_box()
            assert first is not None
            for box in boxes:
                assert box is not None
                assert box["y"] + box["height"] <= first["y"] + 1


# --- for everyone -------------------------------------------------------------------


def test_two_views_do_not_disturb_each_other(page: Page) -> None:
    press(short(page), "Step", 3)
    slide(range_of(long(page), "weight w rec"), 1.5)
    pick(short(page), "linear")
    expect(said(short(page))).to_contain_text("a linear unit passes z on")
    expect(said(long(page))).to_contain_text("Tanh unit, recurrent weight 1.50")
    pick(short(page), "many steps")
    expect(said(short(page))).to_contain_text("recurrent weight 0.90")
    expect(said(long(page))).to_contain_text("recurrent weight 1.50")
    pick(short(page), "two steps")
    expect(said(short(page))).to_contain_text("Stage 3 of 15")


@pytest.mark.parametrize("mode", ["short", "long"])
def test_everything_can_be_reached_and_worked_with_the_keyboard(
    page: Page, mode: str
) -> None:
    view = short(page) if mode == "short" else long(page)
    unfold(view)
    names = walk(page, view)
    controls = view.locator("button:enabled, input:enabled, summary").evaluate_all(
        """all => all.filter(e => e.offsetParent && (e.type !== 'radio' || e.checked))
          .length"""
    )
    assert len(names) == controls
    assert all(names)
    view.get_by_role("button", name="Step", exact=True).focus()
    page.keyboard.press("Enter")
    if mode == "short":
        expect(said(view)).to_contain_text("Stage 1 of")
    else:
        expect(range_of(view, "gradient back to t")).to_have_value("19")
    view.get_by_role("radio", name="tanh").focus()
    page.keyboard.press("ArrowRight")
    expect(view.get_by_role("radio", name="linear")).to_be_checked()


def walk(page: Page, view: Locator) -> list[str]:
    """Press Tab through a view; return the names of what has had the focus."""
    view.evaluate("view => { view.tabIndex = -1; view.focus(); }")
    names = []
    for _ in range(80):
        page.keyboard.press("Tab")
        name = view.evaluate(
            """view => {
              const now = document.activeElement;
              if (!view.contains(now)) return null;
              const outline = getComputedStyle(now).outlineStyle;
              const shown = outline !== 'none' || now.type === 'radio';
              const words = now.getAttribute('aria-label') ?? now.innerText;
              const own = now.type === 'radio' ? now.value : words;
              return shown ? own : '';
            }"""
        )
        if name is None:
            break
        names.append(name)
    return names


@pytest.mark.parametrize("width", [1000, 390])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, at: str, width: int
) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    address = f"{at}dark.html"
    with viewing(browser, address, width=width, has_touch=width < 500) as page:
        ready(page)
        press(short(page), "Step", STAGES)
        press(short(page), "Whh[1,2]")
        # Signals on the edges have arrived.
        expect(page.locator(".unroll-pulses circle")).to_have_count(0)
        for theme in ("dark", "light"):
            show_in(page, theme)
            for name, view in (("short", short(page)), ("long", long(page))):
                view.screenshot(path=ARTIFACTS / f"unroll-{name}-{width}-{theme}.png")
        for theme in ("dark", "light"):
            show_in(page, theme)
            unfold(short(page))
            unfold(long(page))
            assert violations(page) == [], theme
            assert width_of(page) <= width, theme


def test_on_a_phone_time_runs_downwards_and_fingers_find_the_buttons(
    browser: Browser, at: str
) -> None:
    options = {"has_touch": True, "is_mobile": True}
    with viewing(browser, f"{at}light.html", width=390, **options) as page:
        ready(page)
        view = short(page)
        expect(view.locator(".unroll-tall")).to_be_visible()
        for _ in range(3):
            view.get_by_role("button", name="Step", exact=True).tap()
        expect(said(view)).to_contain_text("h₁ = (0.5370, 0.4621)")
        unfold(view)
        heights = view.locator("button, summary, input[type=range]").evaluate_all(
            """all => all.filter(e => e.offsetParent)
              .map(e => [e.innerText, e.getBoundingClientRect().height])"""
        )
        assert [pair for pair in heights if pair[1] < 40] == []
        letters = view.locator(".unroll-sheet .unroll-number").first.evaluate(
            """text => parseFloat(getComputedStyle(text).fontSize) *
              text.getScreenCTM().a"""
        )
        assert letters >= 11.5


def test_the_buttons_stay_in_sight_while_the_drawing_is(
    browser: Browser, at: str
) -> None:
    with viewing(browser, f"{at}light.html", width=390, height=700) as page:
        ready(page)
        short(page).locator(".unroll-sheet").scroll_into_view_if_needed()
        page.evaluate("scrollTo(0, 100)")
        step = short(page).get_by_role("button", name="Step", exact=True)
        box = step.bounding_box()
        assert box is not None
        assert 0 <= box["y"] <= 700 - box["height"]


def test_reduced_motion_shows_results_without_gliding(
    browser: Browser, at: str
) -> None:
    address = f"{at}light.html"
    with viewing(browser, address, reduced_motion="reduce") as page:
        ready(page)
        # Looked at two frames after the press: a signal would be under way.
        step = short(page).get_by_role("button", name="Step", exact=True)
        signals = step.evaluate(
            """async (button) => {
              button.click();
              for (let k = 0; k < 2; k++) await new Promise(requestAnimationFrame);
              return document.querySelectorAll('.unroll-pulses circle').length;
            }"""
        )
        assert signals == 0
        expect(said(short(page))).to_contain_text("Stage 1 of")
        press(long(page), "Step")
        press(long(page), "Play")
        expect(range_of(long(page), "gradient back to t")).to_have_value(
            "0", timeout=500
        )


def test_signals_run_along_the_edges_that_are_at_work(page: Page) -> None:
    view = short(page)
    press(view, "Step")
    dots = view.locator(".unroll-pulses circle")
    expect(dots).to_have_count(6)
    expect(dots).to_have_count(0, timeout=2000)
    press(view, "Step", 9)
    expect(view.locator(".unroll-pulses.is-back circle")).to_have_count(2)


def test_what_the_reader_does_reaches_a_kernel_and_back(page: Page) -> None:
    """With a model of the test's own: what is set, saved, listened to, and cleared."""
    result = page.evaluate(
        """async () => {
          const { default: view } = await import('./unrolled/unroll.js');
          const stored = document.querySelector('script[type$="state+json"]');
          const state = Object.values(JSON.parse(stored.textContent).state)[0].state;
          const listeners = new Map();
          let saves = 0;
          const model = {
            get: (name) => state[name],
            set: (name, value) => { state[name] = value; },
            save_changes: () => { saves += 1; },
            on: (event, call) => listeners.set(event, call),
            off: (event) => listeners.delete(event),
            send() {},
          };
          const el = document.createElement('div');
          document.querySelector('main').append(el);
          const clear = view.render({ model, el });
          const button = [...el.querySelectorAll('button')]
            .find((each) => each.innerText === 'Step');
          button.click();
          const after = { stage: state.stage, saves };
          state.W_hh = [[1, 0], [0, 1]];
          listeners.get('change:W_hh')();
          await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
          const shown = el.querySelector('.unroll-sheet').textContent.includes('×1');
          clear();
          return { after, shown, left: listeners.size, inside: el.childElementCount };
        }"""
    )
    assert result == {
        "after": {"stage": 1, "saves": 1},
        "shown": True,
        "left": 0,
        "inside": 0,
    }


def test_frames_are_cheap_and_answers_come_at_once(browser: Browser, at: str) -> None:
    with viewing(browser, f"{at}light.html", script=WATCH_FRAMES) as page:
        ready(page)
        slide(range_of(long(page), "steps T"), 50)
        page.evaluate("frames_seen.clear()")
        press(long(page), "Play")
        page.wait_for_timeout(2000)
        times, costs = frames(page)
        assert len(times) > 60
        assert float(np.median(costs)) < 8.0, costs
        assert float(np.percentile(costs, 95)) < 16.0, costs
        waits = page.evaluate(
            """async () => {
              const waits = [];
              const view = document.querySelectorAll('.unrolled-unroll')[1];
              const slider = view.querySelector('[aria-label^="weight w"]');
              const output = view.querySelector('output.unroll-left');
              for (let k = 0; k < 20; k++) {
                const before = output.textContent;
                const start = performance.now();
                slider.value = -1.9 + 0.1 * k;
                slider.dispatchEvent(new Event('input', { bubbles: true }));
                for (let n = 0; n < 60 && output.textContent === before; n++) {
                  await new Promise(requestAnimationFrame);
                }
                waits.push(performance.now() - start);
              }
              return waits;
            }"""
        )
        assert float(np.median(waits)) < 50.0, waits


def frames(page: Page) -> tuple[list[float], list[float]]:
    """When frames began, and the work in each, in milliseconds."""
    pairs = page.evaluate("[...frames_seen]")
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
