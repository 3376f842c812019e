/** Pictures and documents: pages turned by button, key or address, and the whole page or its own pixels. */

import { bind } from "../lib/keys.js";

const WIDTHS = [1280, 1920, 3840];
const AGAIN_MS = 2000;
const AGAIN_TIMES = 60;

/** Watch the stage of an asset's page; answers what ends it. */
export function startPages(page) {
  const turning = new Turning(page);
  const redrawn = new MutationObserver(() => turning.find());
  redrawn.observe(page.querySelector(".stage"), { childList: true });
  turning.find();
  return () => {
    redrawn.disconnect();
    turning.end();
  };
}

class Turning {
  constructor(page) {
    this.page = page;
    this.bar = null;
    this.free = () => {};
  }

  /** Take hold of the bar that is there now; there is none before the preview is. */
  find() {
    const bar = this.page.querySelector(".paging");
    if (!bar || bar === this.bar) return;
    this.end();
    this.bar = bar;
    this.image = this.page.querySelector(".screen > img");
    this.screen = this.image.parentElement;
    this.last = Number(bar.dataset.pages);
    this.number = 1;
    bar.addEventListener("click", (event) => this.press(event.target.closest("button")));
    bar.querySelector("input")?.addEventListener("change", (event) => this.turn(Number(event.target.value)));
    this.free = bind({
      z: () => this.zoom(!this.screen.classList.contains("actual")),
      ...(this.last > 1 && {
        ArrowLeft: () => this.turn(this.number - 1),
        ArrowRight: () => this.turn(this.number + 1),
        PageUp: () => this.turn(this.number - 1),
        PageDown: () => this.turn(this.number + 1),
        Home: () => this.turn(1),
        End: () => this.turn(this.last),
      }),
    });
    const asked = Number(new URLSearchParams(location.search).get("page"));
    if (asked > 1) this.turn(asked);
    this.tell();
  }

  end() {
    clearTimeout(this.again);
    this.free();
    this.free = () => {};
  }

  press(button) {
    if (!button) return;
    const { page, zoom } = button.dataset;
    if (page) this.turn(this.number + (page === "back" ? -1 : 1));
    if (zoom) this.zoom(zoom === "actual");
  }

  /** Show a page; the address keeps it. */
  turn(wanted) {
    const number = Math.min(this.last, Math.max(1, Math.round(wanted) || 1));
    if (number !== this.number) {
      this.number = number;
      this.draw(AGAIN_TIMES);
      const query = new URLSearchParams(location.search);
      if (number > 1) query.set("page", number);
      else query.delete("page");
      const text = query.toString();
      history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
    }
    this.tell();
  }

  /** Point the picture at the page; one that is still being drawn is asked for again. */
  draw(times) {
    clearTimeout(this.again);
    const address = (width) => `/img/${this.page.dataset.versionId}?w=${width}&page=${this.number}`;
    this.image.dataset.waiting = "";
    this.image.onload = () => delete this.image.dataset.waiting;
    this.image.onerror = () => {
      if (times > 0) this.again = setTimeout(() => this.draw(times - 1), AGAIN_MS);
    };
    this.page.querySelector(".screen > canvas")?.remove();
    this.image.srcset = WIDTHS.map((width) => `${address(width)} ${width}w`).join(", ");
    this.image.src = address(WIDTHS[1]);
  }

  /** The whole page, or a pixel of the picture on a pixel of the screen. */
  zoom(actual) {
    this.screen.classList.toggle("actual", actual);
    this.screen.tabIndex = actual ? 0 : -1;
    this.image.sizes = actual ? `${WIDTHS.at(-1)}px` : "100vw";
    for (const button of this.bar.querySelectorAll("[data-zoom]")) {
      button.setAttribute("aria-pressed", String((button.dataset.zoom === "actual") === actual));
    }
  }

  tell() {
    const input = this.bar.querySelector("input");
    if (!input) return;
    input.value = this.number;
    this.bar.querySelector("[data-page=back]").disabled = this.number <= 1;
    this.bar.querySelector("[data-page=forward]").disabled = this.number >= this.last;
  }
}
