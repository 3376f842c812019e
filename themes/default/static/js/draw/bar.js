/** The bar of tools: what is chosen, by button or key; buttons tell whoever listens. */

export const TOOLS = { pen: "p", arrow: "a", line: "l", box: "b", ellipse: "e", text: "t" };
const WIDTHS = [0.004, 0.008, 0.016]; // of the picture's height
const MEMORY = "mam-drawing";
const PLAIN = { tool: "pen", color: "red", width: 1 };

export class Bar {
  /** `root`: the `[data-draw]` element; `act(name)` is called for undo, redo, clear, leave and done. */
  constructor(root, act) {
    Object.assign(this, { root, act });
    this.colors = [...root.querySelectorAll("[data-color]")].map((button) => button.dataset.color);
    this.chosen = { ...PLAIN, ...recalled() };
    this.pressed = (event) => this.#press(event.target.closest("button"), event);
    root.addEventListener("click", this.pressed);
    this.#draw();
  }

  end() {
    this.root.removeEventListener("click", this.pressed);
    this.open = false;
  }

  /** {tool, color, width} of the next shape. */
  get look() {
    const { tool, color, width } = this.chosen;
    return { tool, color, width: WIDTHS[width] };
  }

  set open(open) {
    this.root.hidden = !open;
  }

  /** What can be taken back and done again. */
  tell({ canUndo, canRedo, shapes }) {
    this.root.querySelector("[data-act=undo]").disabled = !canUndo;
    this.root.querySelector("[data-act=redo]").disabled = !canRedo;
    this.root.querySelector("[data-act=clear]").disabled = shapes.length === 0;
  }

  /** A key while somebody draws; answers whether it was one of ours. */
  key(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) return this.#control(key, event);
    if (event.altKey) return false;
    const tool = Object.keys(TOOLS).find((name) => TOOLS[name] === key);
    const color = this.colors[Number(key) - 1];
    if (tool) this.#choose({ tool });
    else if (color) this.#choose({ color });
    else if (key === "[" || key === "]") this.#choose({ width: Math.min(2, Math.max(0, this.chosen.width + (key === "]" ? 1 : -1))) });
    else if (key === "Escape") this.act("leave");
    else if (key === "d") this.act("done");
    else return false;
    return true;
  }

  #control(key, event) {
    const name = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : "";
    if (name) this.act(name);
    return Boolean(name);
  }

  #press(button, event) {
    if (!button) return;
    if (event.detail > 0) button.blur(); // by hand, not by key: so that Space keeps meaning play
    const { tool, color, width, act } = button.dataset;
    if (tool) this.#choose({ tool });
    if (color) this.#choose({ color });
    if (width) this.#choose({ width: Number(width) });
    if (act) this.act(act);
  }

  #choose(change) {
    this.chosen = { ...this.chosen, ...change };
    try {
      localStorage.setItem(MEMORY, JSON.stringify(this.chosen));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // storage switched off: not remembered
    }
    this.#draw();
  }

  #draw() {
    for (const name of ["tool", "color", "width"]) {
      for (const button of this.root.querySelectorAll(`[data-${name}]`)) {
        button.setAttribute("aria-pressed", String(button.dataset[name] === String(this.chosen[name])));
      }
    }
  }
}

function recalled() {
  try {
    const kept = JSON.parse(localStorage.getItem(MEMORY) || "{}");
    const good = { tool: (value) => value in TOOLS, color: (value) => typeof value === "string", width: (value) => value in WIDTHS };
    return Object.fromEntries(Object.entries(kept).filter(([name, value]) => good[name]?.(value)));
  } catch (error) {
    if (error instanceof DOMException || error instanceof SyntaxError || error instanceof TypeError) return {};
    throw error;
  }
}
