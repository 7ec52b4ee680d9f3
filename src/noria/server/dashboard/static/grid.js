// Many images or rows at once: the same answer for all that are marked, or for the one that has the focus.

import { h, percent, plural } from "./elements.js";
import { Sweep, stepOf } from "./sweep.js";
import { t } from "./texts.js";

export const SHOWN = 24;

export class Grid {
  /** noun: what the items are.   changed(): called when another one has the focus. */
  constructor(root, noun, changed) {
    this.root = root;
    this.noun = noun;
    this.changed = changed;
    this.items = [];
    this.marked = new Set(); // sample ids
    this.at = 0;
    this.sweep = new Sweep(root, {
      cells: () => [...root.children],
      is: (cell) => cell.getAttribute("aria-pressed") === "true",
      set: (cell, on) => this.mark([...root.children].indexOf(cell), on),
      swept: () => this.changed(),
    });
  }

  show(items) {
    const focused = this.root.contains(document.activeElement);
    const before = this.current?.sampleId;
    this.items = items.slice(0, SHOWN);
    const known = new Set(this.items.map((item) => item.sampleId));
    this.marked = new Set([...this.marked].filter((id) => known.has(id)));
    const place = this.items.findIndex((item) => item.sampleId === before);
    this.at = place >= 0 ? place : Math.max(0, Math.min(this.at, this.items.length - 1));
    this.root.replaceChildren(...this.items.map((item, i) => this.#cell(item, i)));
    if (focused) this.#focus();
    this.#tell();
  }

  #tell() {
    document.getElementById("grid-marked").textContent = this.marked.size ? t("{n} marked.", { n: this.marked.size }) : "";
  }

  get current() {
    return this.items[this.at];
  }

  /** What an answer is for. */
  targets() {
    const marked = this.items.filter((item) => this.marked.has(item.sampleId));
    return marked.length ? marked : this.current ? [this.current] : [];
  }

  /** True when the key did something here. */
  key(event) {
    const cells = [...this.root.children];
    const step = stepOf(event.key, cells);
    if (step) {
      const to = this.at + step;
      if (to >= 0 && to < this.items.length) {
        this.sweep.step(cells[this.at], cells[to], event.shiftKey);
        this.at = to;
      }
      this.#focus();
      this.changed();
      return true;
    }
    if (event.key === " ") {
      this.mark(this.at);
      this.sweep.toggled(cells[this.at]);
      return true;
    }
    if (event.key === "Escape" && this.marked.size) {
      this.marked.clear();
      this.show(this.items);
      return true;
    }
    return false;
  }

  /** Mark an item or, if it was marked, take the mark away. */
  mark(place, on = !this.marked.has(this.items[place]?.sampleId)) {
    const id = this.items[place]?.sampleId;
    if (!id) return;
    if (on) this.marked.add(id);
    else this.marked.delete(id);
    this.root.children[place].setAttribute("aria-pressed", String(on));
    this.#tell();
  }

  #focus() {
    for (const [i, cell] of [...this.root.children].entries()) cell.tabIndex = i === this.at ? 0 : -1;
    this.root.children[this.at]?.focus();
  }

  #cell(item, i) {
    const best = item.suggestions[0];
    const words = item.blind ? t("blind") : best ? best.name : "";
    const sure = best && !item.blind ? t(", {confidence} sure", { confidence: percent(best.confidence) }) : "";
    const about = sure + (item.alike.length ? t(", with {copies}", { copies: plural(item.alike.length, "near copy", "near copies") }) : "");
    const content = item.row ? h("span", { class: "pairs", id: `pairs-${i}` }) : null;
    if (content) content.innerHTML = item.cell; // rendered and escaped by the server
    return h("button", {
      type: "button", class: item.row ? "cell of-row" : "cell", "aria-describedby": content?.id, tabindex: i === this.at ? "0" : "-1",
      "aria-pressed": String(this.marked.has(item.sampleId)), "aria-label": `${this.noun} ${i + 1}: ${words || t("no suggestion")}${about}`,
      click: () => { this.at = i; this.mark(i); this.changed(); },
      focus: () => { if (this.at !== i) { this.at = i; this.changed(); } },
      dblclick: () => this.root.dispatchEvent(new CustomEvent("zoom", { detail: item })),
    },
    item.image ? h("img", { src: item.image.middle, alt: "", loading: "lazy" }) : null,
    content,
    item.alike.length ? h("span", { class: "more", "data-more": `+${item.alike.length}` }) : "", // its words are in the name
    h("span", { class: "one-line" }, h("bdi", {}, words), best && !item.blind ? ` ${percent(best.confidence)}` : ""));
  }
}
