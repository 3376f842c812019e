/**
 * J, K and L as edit suites have them: L plays, J plays backwards, again is faster, K stops. While K is held
 * down, L and J step one frame, and go on slowly when they are held too.
 */

const HELD = 300; // ms after which a step with K becomes slow motion

export class Shuttle {
  #k = false;
  #timer = 0;
  #slow = false;

  constructor(transport) {
    this.transport = transport;
    this.up = (event) => this.#released(event.key.toLowerCase());
    this.away = () => { this.#k = false; this.#end(); };
    document.addEventListener("keyup", this.up);
    addEventListener("blur", this.away);
  }

  /** For `bind()`. */
  keys() {
    return {
      k: (event) => { if (!event.repeat) this.#stop(); },
      j: (event) => { if (!event.repeat) this.#go(-1); },
      l: (event) => { if (!event.repeat) this.#go(1); },
    };
  }

  end() {
    this.#end();
    document.removeEventListener("keyup", this.up);
    removeEventListener("blur", this.away);
  }

  #stop() {
    this.#k = true;
    this.transport.stop();
  }

  #go(direction) {
    if (!this.#k) {
      this.transport.shuttle(direction);
      return;
    }
    this.#end();
    this.transport.step(direction);
    this.#timer = setTimeout(() => { this.#slow = true; this.transport.crawl(direction); }, HELD);
  }

  #released(key) {
    if (key === "k") this.#k = false;
    if ("jkl".includes(key)) this.#end();
  }

  /** What was begun with K held ends with either key. */
  #end() {
    clearTimeout(this.#timer);
    if (this.#slow) this.transport.stop();
    this.#slow = false;
  }
}
