/** Shapes of one drawing with what was undone: every change makes a new state. */

const MOST_STATES = 500;

export class History {
  #states = [[]];
  #at = 0;

  /** Begin with `shapes`; nothing to undo. */
  constructor(shapes = []) {
    this.#states = [shapes];
  }

  get shapes() {
    return this.#states[this.#at];
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at < this.#states.length - 1;
  }

  /** These shapes from now on; what was undone is gone. */
  set(shapes) {
    this.#states = [...this.#states.slice(0, this.#at + 1), shapes].slice(-MOST_STATES);
    this.#at = this.#states.length - 1;
  }

  /** One step back; answers whether there was one. */
  undo() {
    if (!this.canUndo) return false;
    this.#at -= 1;
    return true;
  }

  /** One step forward again; answers whether there was one. */
  redo() {
    if (!this.canRedo) return false;
    this.#at += 1;
    return true;
  }
}
