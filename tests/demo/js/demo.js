// A view for tests: a button that counts, and the sum of a binary record.

import { sumOfRecord } from "./demo_record.js";

/* Shown once for each instance. */
function describe(model) {
  // the record is a DataView, wherever the view is shown
  const sum = sumOfRecord(model.get("record"));
  return `count ${model.get("count")}, sum ${sum}`;
}

/**
 * Show the demo.
 * @param {{model: Object, el: HTMLElement}} parts
 * @returns {function(): void} what ends it
 */
function render({ model, el }) {
  el.innerHTML = `
    <div class="unrolled-view demo-view" role="group" aria-label="Demo">
      <button type="button">Count on</button>
      <p role="status" class="unrolled-summary"></p>
    </div>`;
  const button = el.querySelector("button");
  const show = () => {
    el.querySelector("[role=status]").textContent = describe(model);
  };
  const countOn = () => {
    model.set("count", model.get("count") + 1);
    model.save_changes();
  };
  button.addEventListener("click", countOn);
  model.on("change:count", show);
  show();
  return () => model.off("change:count", show);
}

export default { render };
