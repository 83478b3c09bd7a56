// Brings the interactive views of a page to life: no kernel, no network.
//
// Where a view belongs, the page has a picture of it: the stand-in, with the names of
// the view's module and of its model. The state of all models stands once in the page.
// When a stand-in comes near the window, its view is loaded and takes its place. If that
// fails, and where there are no scripts, the picture stays; on paper it comes back.

const STAND_INS = ".unrolled-view[data-view][data-model]";
const STATE = "script[type='application/vnd.jupyter.widget-state+json']";
const NEAR = "600px"; // from the window's edges: loaded before it can be seen
const VIEWS = new URL("unrolled/", import.meta.url);
const COMMON_STYLE = "views"; // of all views; each has one of its own name too

/** What a view has in place of a widget's model: its state, and nobody to share it. */
export class PageModel {
  #state;
  #listeners = new Map();

  /** @param {Object<string, *>} state Values by the names of the view's traits. */
  constructor(state) {
    this.#state = { ...state };
  }

  /** @param {string} name */
  get(name) {
    return this.#state[name];
  }

  /**
   * Change a value and tell the listeners; an equal number or text is no change.
   * @param {string} name
   * @param {*} value
   */
  set(name, value) {
    if (Object.is(this.#state[name], value)) return;
    this.#state[name] = value;
    for (const event of [`change:${name}`, "change"]) {
      for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(this, value);
    }
  }

  /**
   * Call `listener` at each event, such as "change:count".
   * @param {string} event
   * @param {function(PageModel, *): void} listener
   */
  on(event, listener) {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  /**
   * Undo `on`: for one listener, all of an event, or all.
   * @param {string} [event]
   * @param {function(PageModel, *): void} [listener]
   */
  off(event, listener) {
    for (const [name, listeners] of this.#listeners) {
      if (event !== undefined && name !== event) continue;
      const kept = listener ? listeners.filter((other) => other !== listener) : [];
      this.#listeners.set(name, kept);
    }
  }

  save_changes() {} // there is no kernel to save them to

  send() {} // nor one to send to
}

/**
 * Read a model's state as a notebook stores it; binary values become DataViews.
 * @param {{state: Object, buffers?: {path: (string|number)[], data: string}[]}} stored
 * @returns {Object<string, *>}
 */
export function readState({ state, buffers = [] }) {
  const read = structuredClone(state);
  for (const { path, data } of buffers) {
    const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
    const holder = path.slice(0, -1).reduce((value, key) => value[key], read);
    holder[path.at(-1)] = new DataView(bytes.buffer);
  }
  return read;
}

/**
 * Give a function that finds the model of a name, always the same one.
 * @param {Document} page
 * @returns {function(string): PageModel}
 */
function findModels(page) {
  const stored = JSON.parse(page.querySelector(STATE)?.textContent ?? '{"state": {}}');
  const models = new Map();
  return (name) => {
    if (!(name in stored.state)) throw new Error(`this page holds no state of ${name}`);
    if (!models.has(name)) models.set(name, new PageModel(readState(stored.state[name])));
    return models.get(name);
  };
}

/**
 * Give a function that loads a style sheet of the views, each once for the page.
 * @param {Document} page
 * @returns {function(string): Promise<void>}
 */
function styleLoader(page) {
  const loads = new Map();
  return (name) => {
    if (!loads.has(name)) loads.set(name, loadStyle(page, name));
    return loads.get(name);
  };
}

/** Load a style sheet of the views. */
function loadStyle(page, name) {
  return new Promise((resolve, reject) => {
    const link = page.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL(`${name}.css`, VIEWS).href;
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => reject(new Error(`${name}.css did not load`)));
    page.head.append(link);
  });
}

/** Put a view in the place of its stand-in; if it fails, put the stand-in back. */
async function mount(standIn, findModel, load) {
  const { model: modelName, view } = standIn.dataset;
  const el = document.createElement("div");
  el.className = "unrolled-mounted";
  try {
    const model = findModel(modelName);
    const address = new URL(`${view}.js`, VIEWS).href;
    const styles = [COMMON_STYLE, view].map(load);
    const [module] = await Promise.all([import(address), ...styles]);
    standIn.after(el);
    standIn.classList.add("unrolled-replaced");
    await module.default.render({ model, el });
  } catch (error) {
    el.remove();
    standIn.classList.remove("unrolled-replaced");
    console.error(`The view ${view} is not shown:`, error);
  }
}

/** Mount each view of a page when its stand-in comes near the window. */
function mountWhenNear(page) {
  const [findModel, load] = [findModels(page), styleLoader(page)];
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        mount(target, findModel, load);
      }
    },
    { rootMargin: NEAR },
  );
  for (const standIn of page.querySelectorAll(STAND_INS)) watcher.observe(standIn);
}

mountWhenNear(document);
