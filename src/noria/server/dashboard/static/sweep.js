// Sweeping over many that are on or off: one is pressed, others are moved over, and all of them become what the first did.

const HOLDS_MS = 350; // a finger that lies still so long begins to sweep; one that moves up or down before scrolls the page
const SLACK_PX = 9;
const STEP_PX = 8; // how closely a quick movement is looked at
const EDGE_PX = 28; // near the edge of what scrolls, it scrolls

export class Sweep {
  /** root: holds the cells.   on: { cells(): elements in order, is(cell), set(cell, value), swept(n, value): told at the end }. */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    this.run = undefined; // by keys: what the cells of a run become
    this.begun = null;
    root.classList.add("sweeps");
    root.addEventListener("pointerdown", (event) => this.#press(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) root.addEventListener(end, () => this.#end());
    root.addEventListener("touchmove", (event) => this.begun?.sweeps && event.preventDefault(), { passive: false });
    root.addEventListener("click", (event) => this.#click(event), true);
    for (const own of ["selectstart", "dragstart", "contextmenu"]) root.addEventListener(own, (event) => this.#keepOut(event));
  }

  #press(event) {
    this.swallows = false;
    const cell = this.#cellOf(event.target);
    if (!cell || event.button !== 0 || !event.isPrimary || this.begun) return;
    const touch = event.pointerType === "touch";
    this.begun = { cell, value: !this.on.is(cell), x: event.clientX, y: event.clientY, id: event.pointerId, touch, sweeps: false, passed: new Set() };
    if (touch) this.hold = setTimeout(() => this.#sweep(), HOLDS_MS);
  }

  #move(event) {
    const { begun } = this;
    if (!begun || event.pointerId !== begun.id) return;
    const [dx, dy] = [Math.abs(event.clientX - begun.x), Math.abs(event.clientY - begun.y)];
    if (!begun.sweeps && begun.touch && dy > SLACK_PX) return this.#end(); // the page scrolls
    if (!begun.sweeps && (begun.touch ? dx > SLACK_PX : this.#isOther(event))) this.#sweep();
    if (begun.sweeps) this.#pass(event.clientX, event.clientY);
  }

  /** A mouse has reached another cell. */
  #isOther({ clientX, clientY }) {
    const cell = this.#under(clientX, clientY);
    return Boolean(cell) && cell !== this.begun.cell;
  }

  #sweep() {
    const { begun } = this;
    if (begun.sweeps) return;
    begun.sweeps = true;
    this.root.setPointerCapture?.(begun.id);
    this.#set(begun.cell);
    this.#scroll();
  }

  /** All that lie between the last place and this one, as a quick hand skips some. */
  #pass(x, y) {
    const { begun } = this;
    const steps = Math.max(1, Math.ceil(Math.hypot(x - begun.x, y - begun.y) / STEP_PX));
    for (let i = 1; i <= steps; i++) {
      const cell = this.#under(begun.x + ((x - begun.x) * i) / steps, begun.y + ((y - begun.y) * i) / steps);
      if (cell) this.#set(cell);
    }
    [begun.x, begun.y] = [x, y];
  }

  #set(cell) {
    if (this.begun.passed.has(cell)) return;
    this.begun.passed.add(cell);
    this.on.set(cell, this.begun.value);
  }

  #end() {
    clearTimeout(this.hold);
    const { begun } = this;
    this.begun = null;
    if (!begun?.sweeps) return;
    this.swallows = true; // the click that follows would toggle one once more
    setTimeout(() => { this.swallows = false; }, 80);
    this.on.swept(begun.passed.size, begun.value);
  }

  #click(event) {
    if (this.swallows) {
      this.swallows = false;
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** A press that sweeps neither selects text nor drags a picture nor asks for a menu. */
  #keepOut(event) {
    if (this.begun && (this.begun.sweeps || event.type === "dragstart" || (event.type === "selectstart" && !event.target.closest?.("input")))) event.preventDefault();
  }

  #scroll() {
    const { begun } = this;
    if (!begun?.sweeps) return;
    const { top, bottom } = this.root.getBoundingClientRect();
    const inner = this.root.scrollHeight > this.root.clientHeight + 1;
    const [low, high] = inner ? [top, bottom] : [0, innerHeight];
    const by = begun.y < low + EDGE_PX ? -8 : begun.y > high - EDGE_PX ? 8 : 0;
    if (by) {
      (inner ? this.root : window).scrollBy(0, by);
      this.#pass(begun.x, begun.y);
    }
    requestAnimationFrame(() => this.#scroll());
  }

  #under(x, y) {
    return this.#cellOf(document.elementFromPoint(x, y));
  }

  #cellOf(element) {
    return element ? this.on.cells().find((cell) => cell.contains(element)) : undefined;
  }

  /** One was toggled by itself: a run by keys goes on with that. */
  toggled(cell) {
    this.run = this.on.is(cell);
  }

  /** By keys: from one to the next; with `sweeps` (Shift) both become what the run began with. */
  step(from, to, sweeps) {
    if (!sweeps) return void (this.run = undefined);
    this.run ??= !this.on.is(from);
    for (const cell of [from, to]) this.on.set(cell, this.run);
    this.on.swept(2, this.run);
  }
}

/** How far an arrow key goes among elements that stand in rows; 0 for other keys. */
export function stepOf(key, cells) {
  if (key === "ArrowRight" || key === "ArrowLeft") return key === "ArrowRight" ? 1 : -1;
  if (key !== "ArrowDown" && key !== "ArrowUp") return 0;
  const next = cells.slice(1).findIndex((cell) => cell.offsetTop > cells[0].offsetTop);
  const columns = next < 0 ? cells.length : next + 1;
  return key === "ArrowDown" ? columns : -columns;
}
