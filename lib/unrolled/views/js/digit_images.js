/**
 * Real images to choose from: a group of radio buttons with pictures. Those that the net
 * gets wrong have a cross on them, a dashed frame and the word.
 */

import { FRAME_SIDE } from "./digit_frame.js";
import { imageName } from "./digit_words.js";
import { OWN_KEYS, htmlElement } from "./elements.js";
import { sayText } from "./sampler_bars.js";
import { channels, onTheme, themeColours } from "./theme.js";

const PIXELS = FRAME_SIDE * FRAME_SIDE;

export class DigitImages {
  /**
   * @param {Object} options
   * @param {Uint8Array[]} options.images
   * @param {number[]} options.labels
   * @param {string} options.data What they are called.
   * @param {(index: number) => void} options.onPick
   */
  constructor({ images, labels, data, onPick }) {
    Object.assign(this, { images, labels });
    const name = `unrolled-${Math.random().toString(36).slice(2)}`;
    this.items = images.map((image, index) => this.makeItem(name, index, onPick));
    this.count = htmlElement("span");
    const title = [`Or look at real digits: ${data}`, this.count];
    const legend = htmlElement("legend", { class: "unrolled-name" }, ...title);
    this.strip = htmlElement(
      ...["div", { class: "digit-strip" }],
      ...this.items.map(({ element }) => element),
    );
    const look = { class: "digit-images", role: "radiogroup" };
    this.element = htmlElement("fieldset", look, legend, this.strip);
    this.element.hidden = images.length === 0;
    this.stopTheme = onTheme(() => this.paint());
  }

  makeItem(name, index, onPick) {
    const input = htmlElement("input", {
      ...{ type: "radio", name, value: index, [OWN_KEYS]: true },
      "aria-label": imageName(index, this.labels[index]),
      on: { change: () => onPick(index) },
    });
    const size = { width: FRAME_SIDE, height: FRAME_SIDE, "aria-hidden": "true" };
    const canvas = htmlElement("canvas", size);
    const caption = htmlElement("span", { class: "digit-caption", "aria-hidden": "true" });
    caption.textContent = String(this.labels[index]);
    const look = { class: "digit-image" };
    const element = htmlElement("label", look, input, canvas, caption);
    return { element, input, canvas, caption };
  }

  /** Draw all of them; only once they are in a page are the colours known. */
  paint() {
    const colours = themeColours(this.element);
    const [from, to] = ["ground", "ink"].map((name) => channels(colours[name]));
    this.items.forEach(({ canvas }, index) => {
      const pixels = new ImageData(FRAME_SIDE, FRAME_SIDE);
      for (let k = 0; k < PIXELS; k++) {
        const share = this.images[index][k] / 255;
        const colour = from.map((low, at) => low + share * (to[at] - low));
        pixels.data.set([...colour, 255], 4 * k);
      }
      canvas.getContext("2d").putImageData(pixels, 0, 0);
    });
  }

  /** Show which one is looked at; null for none. */
  choose(index) {
    if (index !== null && index !== this.chosen) this.reveal(index);
    this.chosen = index;
    this.items.forEach(({ input }, k) => {
      if (input.checked !== (k === index)) input.checked = k === index;
    });
  }

  /** Move the strip, and nothing else of the page, so that an image can be seen. */
  reveal(index) {
    const { strip } = this;
    const { offsetLeft, offsetWidth } = this.items[index].element;
    const from = offsetLeft - strip.offsetLeft;
    const isSeen = from >= strip.scrollLeft;
    if (!isSeen || from + offsetWidth > strip.scrollLeft + strip.clientWidth) {
      strip.scrollLeft = from - (strip.clientWidth - offsetWidth) / 2;
    }
  }

  /**
   * Say what the net takes an image for.
   * @param {number} index
   * @param {number} answer
   */
  judge(index, answer) {
    const { element, input, caption } = this.items[index];
    const label = this.labels[index];
    const isWrong = answer !== label;
    element.classList.toggle("digit-wrong", isWrong);
    input.setAttribute("aria-label", imageName(index, label, answer));
    sayText(caption, isWrong ? "wrong" : String(label));
  }

  /** Say in the title how many the net gets wrong. */
  tellWrong(wrong) {
    const text = wrong === 0 ? ", all right" : `, ✗ ${wrong} that the net gets wrong`;
    sayText(this.count, text);
  }

  destroy() {
    this.stopTheme();
  }
}
