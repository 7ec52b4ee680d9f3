// An image, large: nearer by wheel, + or a double click, moved by dragging or arrows.

import { h } from "./elements.js";
import { t } from "./texts.js";

const STEP = 1.25;
const MOST = 8; // times its fitted size
const MOVE = 80; // pixels that an arrow moves it

export class Zoom {
  constructor(dialog) {
    this.dialog = dialog;
    this.view = dialog.querySelector("[data-view]");
    this.said = dialog.querySelector("output");
    this.dragged = null; // where the pointer was
    dialog.addEventListener("keydown", (event) => this.#onKey(event));
    this.view.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    this.view.addEventListener("dblclick", (event) => this.nearer(this.scale > 1 ? 1 / this.scale : 2, this.#from(event)));
    this.view.addEventListener("pointerdown", (event) => this.#grab(event));
    this.view.addEventListener("pointermove", (event) => this.#drag(event));
    for (const kind of ["pointerup", "pointercancel"]) this.view.addEventListener(kind, () => { this.dragged = null; });
    for (const [what, times] of [["in", STEP], ["out", 1 / STEP]]) {
      dialog.querySelector(`[data-zoom=${what}]`).addEventListener("click", () => this.nearer(times));
    }
    dialog.querySelector("[data-zoom=whole]").addEventListener("click", () => this.whole());
  }

  open(address) {
    this.picture = h("img", { src: address, alt: t("The image, large"), draggable: "false" });
    this.view.replaceChildren(this.picture);
    this.whole();
    this.dialog.showModal();
  }

  whole() {
    [this.scale, this.x, this.y] = [1, 0, 0];
    this.#draw();
  }

  /** Magnify around a point, in pixels from the middle of the view. */
  nearer(times, { x, y } = { x: 0, y: 0 }) {
    const scale = Math.min(MOST, Math.max(1, this.scale * times));
    const grown = scale / this.scale;
    this.scale = scale;
    this.#moveTo(x - (x - this.x) * grown, y - (y - this.y) * grown);
  }

  /** Never farther than to the edge of the picture. */
  #moveTo(x, y) {
    const room = (size, shown) => Math.max(0, (size * this.scale - shown) / 2);
    const [right, down] = [room(this.picture.offsetWidth, this.view.clientWidth), room(this.picture.offsetHeight, this.view.clientHeight)];
    this.x = Math.min(right, Math.max(-right, x));
    this.y = Math.min(down, Math.max(-down, y));
    this.#draw();
  }

  #draw() {
    this.picture.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.view.classList.toggle("near", this.scale > 1);
    this.said.textContent = `${Math.round(this.scale * 100)}\u202f%`;
  }

  #onKey(event) {
    const moves = { ArrowLeft: [MOVE, 0], ArrowRight: [-MOVE, 0], ArrowUp: [0, MOVE], ArrowDown: [0, -MOVE] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (moves) this.#moveTo(this.x + moves[0], this.y + moves[1]);
    else if (event.key === "+" || event.key === "=") this.nearer(STEP);
    else if (event.key === "-") this.nearer(1 / STEP);
    else if (event.key === "0") this.whole();
    else return;
    event.preventDefault();
  }

  #onWheel(event) {
    event.preventDefault();
    this.nearer(event.deltaY < 0 ? STEP : 1 / STEP, this.#from(event));
  }

  #from(event) {
    const frame = this.view.getBoundingClientRect();
    return { x: event.clientX - frame.left - frame.width / 2, y: event.clientY - frame.top - frame.height / 2 };
  }

  #grab(event) {
    this.dragged = event;
    this.view.setPointerCapture(event.pointerId);
  }

  #drag(event) {
    if (!this.dragged) return;
    this.#moveTo(this.x + event.clientX - this.dragged.clientX, this.y + event.clientY - this.dragged.clientY);
    this.dragged = event;
  }
}
