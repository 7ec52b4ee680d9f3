// The words of a long text that the model's answer leans on, marked; what lies between them is folded away.

import { h } from "./elements.js";
import { foldable, inUnits } from "./folding.js";
import { t } from "./texts.js";

const AFTER_MS = 120; // who answers sooner needs no marks
const KEPT = 60; // answers

export class Telling {
  /** place: of the text.   line: what is said of it.   button: shows the whole text and back.   fetchTold(item, options): a promise. */
  constructor(place, line, button, fetchTold) {
    Object.assign(this, { place, line, button, fetchTold });
    this.said = line.querySelector("span");
    this.item = null;
    this.next = null;
    this.folds = true; // holds for the items that follow
    this.whole = true; // what is on show
    this.known = new Map(); // by sample id; without a label where nothing is told
    this.asking = null; // {id, stop}
  }

  /** The item on show, whose text stands in its place, and the one after it. */
  show(item, next) {
    this.item = item;
    this.next = next;
    this.line.hidden = !item.telling;
    this.place.style.minHeight = "";
    clearTimeout(this.timer);
    if (this.asking && this.asking.id !== item.sampleId && this.asking.id !== next?.sampleId) this.asking.stop.abort();
    const told = this.known.get(item.sampleId);
    if (told) this.#draw(told);
    else if (item.telling) this.#say(t("Looking for the words that tell …"));
    if (item.telling || next?.telling) this.timer = setTimeout(() => this.#ask(), AFTER_MS);
  }

  /** The whole text in the place of the folded one, or the other way round; false where there is nothing to fold. */
  toggle() {
    if (this.button.hidden || this.line.hidden) return false;
    this.folds = this.whole;
    this.#draw(this.known.get(this.item.sampleId));
    return true;
  }

  /** Of the item on show, then of the next one, one at a time. */
  async #ask() {
    const wanted = [this.item, this.next].find((item) => item?.telling && !this.known.has(item.sampleId));
    if (!wanted || this.asking) return;
    const stop = new AbortController();
    this.asking = { id: wanted.sampleId, stop };
    let told = null;
    try {
      told = await this.fetchTold(wanted, { signal: stop.signal });
    } catch (problem) {
      if (problem.name !== "AbortError") told = {}; // the text is there without marks
    }
    this.asking = null;
    if (!told) return; // the item on show is another one by now, and asks in its own time
    this.#keep(wanted, told);
    if (wanted.sampleId === this.item?.sampleId) this.#arrive(this.known.get(wanted.sampleId));
    this.#ask();
  }

  /** Counted in JavaScript's units here and not when the item is shown: that must take no time. */
  #keep({ sampleId, data }, { label, read, pieces = [], words = [] }) {
    const part = read ? Math.max(1, Math.floor((100 * inUnits(data, [[0, read]])[0][1]) / data.length)) : 100;
    this.known.set(sampleId, { label, part, pieces: inUnits(data, pieces), words: inUnits(data, words) });
    if (this.known.size > KEPT) this.known.delete(this.known.keys().next().value);
  }

  /** Marks that come while the text is read: nothing else moves, and a text that somebody has in hand stays whole. */
  #arrive(told) {
    const chosen = getSelection();
    const selected = !chosen.isCollapsed && this.place.contains(chosen.anchorNode);
    const { offsetHeight, scrollTop } = this.place;
    this.#draw(told, !this.folds || selected || scrollTop > 0 || this.place.matches(":hover"), selected);
    this.place.style.minHeight = `${offsetHeight}px`;
    this.place.scrollTop = scrollTop;
  }

  /** whole: not folded.   asItIs: the text is left alone, and what is said of it changes. */
  #draw(told, whole = !this.folds, asItIs = false) {
    const text = this.item.data;
    const folded = foldable(text, told.pieces);
    this.whole = whole;
    this.button.hidden = !folded;
    this.button.querySelector("span").textContent = whole ? t("Fold") : t("Whole text");
    this.button.setAttribute("aria-expanded", String(whole));
    if (!asItIs) this.place.replaceChildren(...parts(text, folded && !whole ? folded : [[0, text.length]], told.words));
    this.#tell(told);
  }

  #tell({ label, part, words }) {
    if (!label) return this.#say("");
    const facts = { label: `\u2068${label}\u2069`, part }; // apart from the words around it, whatever its direction
    const read = part < 100 ? t("It reads only the first {part}\u202f%.", facts) : "";
    const said = words.length
      ? t("Marked: what Noria's answer, {label}, leans on, right or wrong.", facts)
      : t("No sentence stands out for Noria's answer, {label}.", facts);
    this.#say(`${said} ${read}`.trim());
  }

  #say(words) {
    this.said.textContent = words;
    if (!this.known.get(this.item.sampleId)) this.button.hidden = true;
  }
}

/** What is shown of a text, marks in it, with a sign where something is left out. */
function parts(text, shown, marked) {
  const nodes = [];
  let at = 0;
  for (const [from, to] of shown) {
    if (from > at) nodes.push(h("span", { class: "gap" }, " … "));
    nodes.push(...fragments(text, from, to, marked));
    at = to;
  }
  if (at < text.length) nodes.push(h("span", { class: "gap" }, " …"));
  return nodes;
}

function fragments(text, from, to, marked) {
  const parts = [];
  let at = from;
  for (const [start, end] of marked) {
    const [a, b] = [Math.max(start, from), Math.min(end, to)];
    if (a >= b || a < at) continue;
    parts.push(text.slice(at, a), h("mark", {}, text.slice(a, b)));
    at = b;
  }
  return [...parts, text.slice(at, to)];
}
