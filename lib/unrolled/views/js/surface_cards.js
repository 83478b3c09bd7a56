/** The racers: who takes part, with which settings, and how each of them fares. */

import { panel, slider } from "./controls.js";
import { htmlElement, writeSymbols } from "./elements.js";
import { lineSample } from "./marks.js";
import { RACER_LOOKS } from "./surface_chart.js";
import { RACERS, SETTINGS, capital, nearestStop } from "./surface_model.js";
import {
  placesText,
  settingText,
  settingsText,
  standingText,
} from "./surface_words.js";

/**
 * A card for each racer, the map's legend at the same time, and where all of them are.
 * The cards are as high before a race as after it: what stands below them never moves.
 */
export class RacerCards {
  /**
   * @param {Object} options
   * @param {Object<string, Object<string, number>>} options.settings At first.
   * @param {(name: string, on: boolean) => void} options.onToggle
   * @param {(name: string, setting: string, value: number, done: boolean) => void}
   *   options.onSetting
   */
  constructor(options) {
    this.options = options;
    this.settings = options.settings;
    this.cards = Object.fromEntries(
      Object.keys(RACERS).map((name) => [name, this.makeCard(name)]),
    );
    const cards = Object.values(this.cards).map((card) => card.element);
    this.places = htmlElement("p");
    const title = htmlElement("summary", { text: "Where exactly they are" });
    const details = htmlElement(
      ...["details", { class: "surface-places" }, title, this.places],
    );
    this.element = panel("Who races?", ...cards, details);
  }

  makeCard(name) {
    const box = htmlElement("input", { type: "checkbox" });
    box.addEventListener("change", () => this.options.onToggle(name, box.checked));
    const title = htmlElement("span", { text: capital(name) });
    const sample = lineSample(RACER_LOOKS[name]);
    const label = htmlElement("label", { class: "unrolled-check" }, box, sample, title);
    const sliders = Object.fromEntries(
      RACERS[name].settings.map((setting) => [setting, this.makeSlider(name, setting)]),
    );
    const elements = Object.values(sliders).map((control) => control.element);
    const settings = htmlElement("div", { class: "surface-settings" }, ...elements);
    const opener = disclosure(`Set ${name}: `, settings);
    const output = htmlElement("output", { "aria-live": "off", "aria-label": name });
    const element = htmlElement(
      ...["div", { class: "surface-racer" }, label, opener.element, output, settings],
    );
    return { element, box, opener, sliders, output };
  }

  /** A slider that stops at round numbers; a number set from Python may lie between. */
  makeSlider(name, setting) {
    const { label, stops } = SETTINGS[setting];
    const tell = (index, done) =>
      this.options.onSetting(name, setting, stops[index], done);
    return slider({
      label,
      ...{ min: 0, max: stops.length - 1, step: 1 },
      value: nearestStop(stops, this.settings[name][setting]),
      format: (index) => {
        const value = this.settings[name][setting];
        return settingText(nearestStop(stops, value) === index ? value : stops[index]);
      },
      onInput: (index) => tell(index, false),
      onChange: (index) => tell(index, true),
    });
  }

  /**
   * Show who takes part and how they fare.
   * @param {Object<string, Object<string, number>>} settings
   * @param {Object<string, object>} standings Of those who take part, by name.
   * @param {Object<string, string>} sides Where each is beside the map, or "".
   * @param {string[]} winners
   */
  show(settings, standings, sides, winners) {
    this.settings = settings;
    writeOnce(this.places, placesText(standings));
    for (const [name, card] of Object.entries(this.cards)) {
      const now = standings[name];
      card.box.checked = Boolean(now);
      card.element.classList.toggle("surface-winner", winners.includes(name));
      writeOnce(card.output, standingText(now, sides[name]));
      writeOnce(card.opener.text, settingsText(settings[name]));
      for (const [setting, control] of Object.entries(card.sliders)) {
        control.value = nearestStop(SETTINGS[setting].stops, settings[name][setting]);
      }
    }
  }
}

/** A button that shows and hides something; its text may change. */
function disclosure(name, content) {
  const text = htmlElement("span", { class: "surface-set" });
  const hidden = htmlElement("span", { class: "surface-hidden", text: name });
  const kind = { type: "button", class: "surface-opener" };
  const element = htmlElement("button", kind, hidden, text);
  const open = (on) => {
    content.hidden = !on;
    element.setAttribute("aria-expanded", String(on));
  };
  element.addEventListener("click", () => open(content.hidden));
  open(false);
  return { element, text, open };
}

/**
 * Write text with symbols into an element, unless it stands there already.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function writeOnce(element, text) {
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  writeSymbols(element, text);
}
