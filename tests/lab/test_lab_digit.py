"""The pad in a JupyterLab: a drawing comes to Python as bytes, and goes back."""

from playwright.sync_api import Browser, expect

from tests.lab.lab_tools import ROOT, Lab, write_notebook

MAKE = f"""import sys
sys.path.insert(0, {str(ROOT)!r})
import numpy as np
from tests.demo.demo import bars
from unrolled.tasks.digit_frame import centred
from unrolled.training.digit_net import shipped_bytes, shipped_net
from unrolled.views import explore
images = np.zeros((0, 28, 28), np.uint8)
pad = explore.digit(shipped_bytes(), images, [], picture=bars(), alt="Bars.")
pad"""
ANSWER = "print('answer', shipped_net().classes(centred(pad.drawing)[np.newaxis]))"
TURN = "pad.drawing = pad.drawing.T"


def test_a_drawing_comes_to_python_and_goes_back(browser: Browser, lab: Lab) -> None:
    write_notebook(lab.folder / "digit.ipynb", MAKE, ANSWER, TURN)
    with lab.opened(browser, "digit.ipynb") as notebook:
        notebook.run_cell(0)
        view = notebook.output(0).locator(".digit-view")
        said = view.locator(".unrolled-summary")
        expect(said).to_contain_text("The pad is empty")
        view.get_by_role("application").focus()
        keyboard = notebook.page.keyboard
        for keys, times in (("Shift+ArrowUp", 2), ("Space", 1), ("Shift+ArrowDown", 4)):
            for _ in range(times):
                keyboard.press(keys)
        keyboard.press("Space")
        expect(said).to_contain_text("a 1 with")
        notebook.run_cell(1)
        expect(notebook.output(1)).to_contain_text("answer [1]")
        notebook.run_cell(2)
        expect(said).not_to_contain_text("a 1 with")
        view.get_by_role("button", name="Clear").click()
        view.get_by_role("button", name="Undo").click()
        expect(said).to_contain_text("The whole image")
        notebook.run_cell(1)
        expect(notebook.output(1)).to_contain_text("answer")
        expect(notebook.output(1)).not_to_contain_text("answer [1]")
        assert notebook.complaints.found == []
        notebook.end_kernel()
