/**
 * The text of the sampler, each character on a bar: what the unit that is picked out
 * does at it, or how much it matters for the character that is looked at.
 *
 * A bar that rises from below is above 0, one that hangs from above is below 0: the sign
 * can be told without colour.
 */

import { OWN_KEYS, htmlElement } from "./elements.js";

/** Shares of the largest saliency up to this have no bar; above it, by logarithm. */
export const LEAST_SALIENCY = 1e-2;

export class TextPanel {
  /**
   * @param {Object} options
   * @param {(place: number) => void} options.onPick A character is to be looked at.
   * @param {(place: ?number) => void} options.onPoint The pointer is over one, or none.
   * @param {(by: number) => void} options.onMove An arrow key: look at another one.
   */
  constructor({ onPick, onPoint, onMove }) {
    this.spans = [];
    this.net = null;
    this.picked = null;
    // Stands where the next character will: it can be looked at too.
    this.next = htmlElement("span", { class: "sampler-next", text: "\u200b" });
    this.element = htmlElement(
      "div",
      {
        ...{ class: "sampler-text", tabindex: 0, role: "group", [OWN_KEYS]: true },
        "aria-label": "Text; the arrow keys lead from character to character",
        on: {
          click: ({ target }) => {
            if (!this.element.contains(target)) return;
            const place = this.placeOf(target);
            if (place !== null) onPick(place);
          },
          pointerover: ({ target, pointerType }) => {
            if (pointerType === "mouse") onPoint(this.placeOf(target));
          },
          pointerleave: () => onPoint(null),
          keydown: (event) => {
            const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
            const ends = { Home: -Infinity, End: Infinity }[event.key];
            const isOther = event.ctrlKey || event.metaKey || event.altKey;
            if (isOther || (by ?? ends) === undefined) return;
            event.preventDefault();
            onMove(by ?? ends);
          },
        },
      },
      this.next,
    );
  }

  /** The place of a character on the page; null if it is none. */
  placeOf(target) {
    if (target === this.next) return this.spans.length;
    const place = target.place;
    return this.spans[place] === target ? place : null;
  }

  /**
   * Show a text.
   * @param {SamplerRun} run See sampler_model.js.
   * @param {{place: number, follows: boolean, barOf: (place: number) => number,
   *   kind: "unit"|"saliency", key: ?number}} look `barOf` gives −1 to 1 for a
   *   character, or 0 to 1 for saliency. As long as the `key` is the same, the bars of
   *   characters that stay are the same too; null: never.
   */
  show(run, look) {
    const before = this.spans.length;
    const kept = this.keepCommon(run);
    this.append(run, kept);
    const { barOf, kind, key } = look;
    const start = key !== null && key === this.key ? kept : 0;
    for (let place = start; place < this.spans.length; place++) {
      paintBar(this.spans[place], barOf(place), kind);
    }
    this.key = key;
    this.pick(look.place);
    const isGrown = before !== this.spans.length || kept < before;
    if (look.follows && isGrown) this.element.scrollTop = this.element.scrollHeight;
  }

  /** Drop what differs from a text; return how many characters stay. */
  keepCommon({ net, text, prefixLength }) {
    let kept = 0;
    const isSame = (k) => this.spans[k].index === text[k];
    if (net === this.net && prefixLength === this.prefixLength) {
      const most = Math.min(this.spans.length, text.length);
      while (kept < most && isSame(kept)) kept++;
    }
    Object.assign(this, { net, prefixLength });
    for (const span of this.spans.splice(kept)) span.remove();
    return kept;
  }

  append(run, kept) {
    const added = [];
    for (let place = kept; place < run.text.length; place++) {
      const sign = run.sign(place);
      const kinds = [
        ...(place < run.prefixLength ? ["sampler-given"] : []),
        ...(sign === "\n" ? ["sampler-break"] : []),
      ];
      const span = htmlElement("span", { class: kinds.join(" ") || null, text: sign });
      Object.assign(span, { place, index: run.text[place] });
      added.push(span);
      this.spans.push(span);
    }
    this.next.before(...added);
  }

  pick(place) {
    const wanted = this.spans[place] ?? this.next;
    if (wanted === this.picked) return;
    this.picked?.classList.remove("sampler-picked");
    wanted.classList.add("sampler-picked");
    this.picked = wanted;
  }

  /** Scroll so that the character that is looked at can be seen. */
  reveal() {
    const { offsetTop, offsetHeight } = this.picked;
    const { scrollTop, clientHeight } = this.element;
    if (offsetTop < scrollTop) this.element.scrollTop = offsetTop - 4;
    const end = offsetTop + offsetHeight + 4;
    if (end > scrollTop + clientHeight) this.element.scrollTop = end - clientHeight;
  }
}

/** The height of a bar for a share of the largest saliency. */
export function saliencyHeight(share) {
  if (!(share > LEAST_SALIENCY)) return 0;
  return 1 - Math.log(share) / Math.log(LEAST_SALIENCY);
}

/** Give a character its bar. */
function paintBar(span, value, kind) {
  const height = Math.round(100 * Math.abs(value));
  if (span.bar === `${kind}${value > 0 ? height : -height}`) return;
  span.bar = `${kind}${value > 0 ? height : -height}`;
  if (height === 0) {
    span.style.background = "";
    return;
  }
  const side = kind === "saliency" ? "saliency" : value > 0 ? "high" : "low";
  const way = side === "low" ? "bottom" : "top";
  span.style.background =
    `linear-gradient(to ${way}, var(--sampler-${side}) ${height}%, transparent 0)`;
}
