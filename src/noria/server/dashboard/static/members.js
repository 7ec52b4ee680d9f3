// Members of a group of look-alikes: swept, clicked or keyed out and in again, and counted in words.

import { plural } from "./elements.js";
import { Sweep, stepOf } from "./sweep.js";
import { t } from "./texts.js";

export class Members {
  /** form: of the group.   changed(n): so many get the label. */
  constructor(form, changed) {
    this.changed = changed;
    this.list = form.querySelector(".members");
    this.cells = [...this.list.children];
    this.said = form.querySelector(".left-out");
    form.querySelector("[data-sweep-help]").hidden = false;
    this.sweep = new Sweep(this.list, {
      cells: () => this.cells,
      is: (cell) => box(cell).checked,
      set: (cell, on) => this.#set(cell, on),
      swept: (n, on) => this.#tell(`${on ? t("{items} taken in.", { items: plural(n, "item") }) : t("{items} left out.", { items: plural(n, "item") })} `),
    });
    this.list.addEventListener("change", (event) => {
      this.sweep.toggled(this.cells[this.#place(event.target)]);
      this.#tell();
    });
    this.list.addEventListener("keydown", (event) => this.#onKey(event));
    this.list.addEventListener("focusin", (event) => this.#rove(this.#place(event.target)));
    this.#rove(0);
    this.#tell();
  }

  /** The boxes of those that get the label. */
  get chosen() {
    return this.cells.map(box).filter((each) => each.checked);
  }

  #set(cell, on) {
    box(cell).checked = on;
    this.#tell();
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = this.#place(event.target);
    const step = stepOf(event.key, this.cells);
    if (!step || from < 0) return;
    event.preventDefault();
    const to = from + step;
    if (to < 0 || to >= this.cells.length) return;
    this.sweep.step(this.cells[from], this.cells[to], event.shiftKey);
    box(this.cells[to]).focus();
  }

  #place(element) {
    return this.cells.findIndex((cell) => cell.contains(element));
  }

  /** One stop for Tab, wherever the arrows went last. */
  #rove(place) {
    for (const [i, cell] of this.cells.entries()) box(cell).tabIndex = i === place ? 0 : -1;
  }

  #tell(done = "") {
    const n = this.chosen.length;
    const out = this.cells.length - n;
    this.said.textContent = out ? `${done}${t("{out} left out, {items} the label.", { out, items: plural(n, "item gets", "items get") })}` : "";
    this.changed(n);
  }
}

function box(cell) {
  return cell.querySelector("input");
}
