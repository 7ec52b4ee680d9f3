// The labels on offer for the item on show: all of a few, or suggestions and what a few letters find among many.

import { bar, h, percent } from "./elements.js";
import { matching, prepared } from "./labels.js";
import { letterOf, lettersFor } from "./letters.js";
import { t } from "./texts.js";

const KEYS = 9;

export class Choices {
  /** take(label): called with the label that was chosen.   tags: several may be; choosing one puts it on or takes it off.   keys: of labels.   marked(): called when the mark may have moved. */
  constructor(labels, take, tags, keys, marked) {
    this.keys = keys;
    this.onMark = marked;
    this.labels = prepared(labels);
    this.byId = new Map(this.labels.map((label) => [label.id, label]));
    this.many = false;
    this.take = take;
    this.list = document.getElementById("choices");
    this.find = document.getElementById("find");
    this.offered = [];
    this.mark = -1;
    this.chips = new Map();
    this.letters = new Map(); // by label id, of those that have no key of a person's own
    this.on = tags ? new Set() : null; // ids of the tags that are put on
    this.#grow();
  }

  /** More labels than keys: they are found by typing from now on. */
  #grow() {
    if (this.many || this.labels.length <= KEYS) return;
    this.many = true;
    this.#showFinder();
    this.rekey();
  }

  /** Keys or labels are others: letters are given anew, and shown. */
  rekey() {
    if (!this.many) return;
    const without = this.labels.filter((label) => !this.keys.labels[label.id]);
    const means = (key) => Boolean(this.keys.act(key) || this.keys.label(key));
    this.letters = lettersFor(without, means, (letter) => means(letter.toLowerCase()));
    for (const label of this.labels) {
      const chip = this.chips.get(label.id);
      const key = this.keyOf(label.id);
      const place = chip.querySelector("kbd");
      place.hidden = !key;
      place.textContent = key ?? "";
      if (key) chip.setAttribute("aria-keyshortcuts", key.replace("⇧", "Shift+"));
      else chip.removeAttribute("aria-keyshortcuts");
    }
  }

  /** The key that this label has at every item; undefined where it has none. */
  keyOf(id) {
    const letter = this.letters.get(id);
    return this.keys.labels[id] ?? (letter && `⇧${letter}`);
  }

  /** The label whose letter is pressed with Shift. */
  lettered(event) {
    const letter = letterOf(event);
    return letter ? this.labels.find((label) => this.letters.get(label.id) === letter) : undefined;
  }

  /** The label with this name, in whatever case. */
  named(name) {
    const lower = name.toLowerCase();
    return this.labels.find((label) => label.name === name) ?? this.labels.find((label) => label.lower === lower);
  }

  /** One more label; returns it as it is kept here. */
  add(given) {
    const [label] = prepared([given]);
    this.labels.push(label);
    this.byId.set(label.id, label);
    if (this.many) document.getElementById("all-labels").append(this.#chip(label));
    this.#grow();
    this.rekey();
    if (this.item) this.offer();
    return label;
  }

  /** The server has made a label that was here before under an id of its own, or had one of that name. */
  settle(id, made) {
    const mine = this.byId.get(id);
    const known = this.byId.get(made.id);
    if (!mine) return known ? undefined : void this.add(made);
    if (known) this.forget(id);
    else this.byId.set(made.id, Object.assign(mine, { id: made.id }));
    this.byId.set(id, known ?? mine);
    if (this.on?.delete(id)) this.on.add(made.id);
    this.chips.set(made.id, this.chips.get(made.id) ?? this.chips.get(id));
    this.chips.delete(id);
    this.rekey();
  }

  forget(id) {
    const gone = this.byId.get(id);
    this.labels = this.labels.filter((label) => label !== gone);
    this.byId.delete(id);
    this.chips.get(id)?.closest("li").remove();
    this.chips.delete(id);
    this.rekey();
    if (this.item) this.offer();
  }

  #showFinder() {
    this.find.closest("label").hidden = false;
    this.list.classList.add("one-column");
    this.find.addEventListener("input", () => this.offer());
    const all = document.getElementById("all-labels");
    all.hidden = false;
    const byName = [...this.labels].sort((a, b) => a.name.localeCompare(b.name));
    all.append(...byName.map((label) => this.#chip(label)));
  }

  #chip(label) {
    const chip = h("button", { type: "button", tabindex: "-1", title: label.about ?? label.name, click: (event) => this.#click(event, label) },
      h("kbd", { "aria-hidden": "true", hidden: true }), h("span", {}, h("bdi", {}, label.name)));
    this.chips.set(label.id, chip);
    return h("li", {}, chip);
  }

  /** Offer labels for an item, or for what is typed meanwhile. */
  offer(item = this.item) {
    if (item !== this.item) {
      this.find.value = "";
      if (this.on) this.on = new Set(item.tags.map((id) => this.byId.get(id)?.id ?? id)); // none where it is blind
    }
    this.item = item;
    const typed = this.many ? this.find.value : "";
    const sure = new Map(item.suggestions.map((s) => [s.labelId, s.confidence]));
    if (typed.trim()) this.offered = matching(this.labels, typed).slice(0, KEYS);
    else if (this.many) this.offered = this.#suggested(item);
    else this.offered = this.labels;
    this.mark = this.#firstMark(typed, item);
    this.#draw(sure);
    this.#dim(typed);
  }

  /** What the model thinks likely; of tags, first those that it sees, last those that were looked up and put on. */
  #suggested(item) {
    const all = new Set([...(this.on ? item.tags : []), ...item.suggestions.map((s) => s.labelId), ...(this.on ?? [])]);
    return [...all].map((id) => this.byId.get(id)).filter(Boolean).slice(0, KEYS);
  }

  /** Put a tag on or take it off. */
  toggle(label) {
    if (!this.on.delete(label.id)) this.on.add(label.id);
    this.find.value = "";
    const mark = this.offered.indexOf(label);
    this.offer();
    if (mark >= 0 && this.offered[mark] === label) this.move(mark - this.mark);
    return this.on.has(label.id);
  }

  /** The tags that are put on, in the order of the labels. */
  get chosen() {
    return this.labels.filter((label) => this.on.has(label.id));
  }

  #firstMark(typed, item) {
    if (this.on && !typed.trim()) return -1;
    if (typed.trim()) return this.offered.length ? 0 : -1;
    return this.offered.findIndex((label) => label.id === item.suggestions[0]?.labelId);
  }

  /** The second click of a double one would answer an item that nobody has seen yet. */
  #click(event, label) {
    if (event.detail < 2) this.take(label);
  }

  #draw(sure) {
    this.list.replaceChildren(...this.offered.map((label, place) => {
      const share = sure.get(label.id);
      return h("li", {}, h("button",
        { type: "button", class: "choice", title: label.about, "aria-current": place === this.mark && "true",
          "aria-pressed": this.on && String(this.on.has(label.id)), click: (event) => this.#click(event, label) },
        h("span", { class: "keys-of" }, h("kbd", {}, this.#key(label, place)), this.letters.has(label.id) ? h("kbd", { class: "own" }, this.keyOf(label.id)) : null),
        h("span", { class: "name" }, h("bdi", {}, label.name)),
        h("span", { class: "n" }, share === undefined ? "" : percent(share), place === this.mark ? h("kbd", { class: "enter" }, this.on && !this.find.value.trim() ? t("Space") : t("Enter")) : null),
        share === undefined ? null : bar(share, place === this.mark)));
    }));
    const looking = this.find.value.trim();
    if (looking && !this.offered.length) this.list.replaceChildren(h("li", { class: "hint" }, t("No label matches. Escape clears.")));
    // With nothing on offer, as for a blind item, all labels stand in the place of the suggestions.
    this.list.parentElement.classList.toggle("browse", !looking && !this.offered.length);
    this.onMark();
  }

  /** The key of a label's own, else its number, unless another label has that one. */
  #key(label, place) {
    const number = place < KEYS ? String(place + 1) : "";
    return this.keys.labels[label.id] ?? (this.keys.label(number) ? "" : number);
  }

  #dim(typed) {
    if (!this.many) return;
    for (const [id, chip] of this.on ? this.chips : []) chip.setAttribute("aria-pressed", String(this.on.has(id)));
    const found = typed.trim() ? new Set(matching(this.labels, typed).map((label) => label.id)) : null;
    for (const [id, chip] of this.chips) chip.classList.toggle("off", found !== null && !found.has(id));
  }

  /** Move the mark; returns the label it is on now. */
  move(step) {
    if (!this.offered.length) return null;
    const from = this.mark < 0 && step < 0 ? 0 : this.mark;
    this.mark = (from + step + this.offered.length) % this.offered.length;
    this.#draw(new Map(this.item.suggestions.map((s) => [s.labelId, s.confidence])));
    return this.offered[this.mark];
  }

  /** Move the mark to the next label that begins with this letter. */
  seek(letter) {
    const begins = (label) => label.lower.startsWith(letter.toLowerCase());
    const after = this.offered.findIndex((label, place) => place > this.mark && begins(label));
    const place = after >= 0 ? after : this.offered.findIndex(begins);
    return place < 0 ? null : this.move(place - this.mark);
  }

  marked() {
    return this.offered[this.mark];
  }

  numbered(digit) {
    return this.offered[digit - 1];
  }

  clear() {
    this.find.value = "";
    this.offer();
  }

  /** Begin to look for a label, with the first letter if there is one. */
  look(letter = "") {
    this.find.focus();
    this.find.value += letter;
    this.offer();
  }
}
