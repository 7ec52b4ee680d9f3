// What was just answered, with what a blind item kept back until then.

import { brief } from "./contents.js";
import { h, percent, plural } from "./elements.js";
import { t } from "./texts.js";

const SHOWN = 5;
const WORDS = { skip: t("Skipped: nobody is asked about it again"), unsure: t("Not sure: counted as such, and nobody is asked again") };

export class Receipts {
  constructor() {
    this.section = document.getElementById("receipts");
    this.latest = document.getElementById("latest");
    this.list = this.section.querySelector("ul");
    this.lines = new Map();
    this.samples = document.getElementById("capture").dataset.url.replace(/capture$/, "samples");
  }

  add(answer, item, name) {
    const said = h("span", { class: "said quiet" });
    const what = name ? h("strong", {}, h("bdi", {}, name)) : h("strong", {}, WORDS[answer.action]);
    said.textContent = this.#others(answer, item);
    const line = h("li", {}, brief(item, t("An image")), what,
      h("a", { href: `${this.samples}/${item.sampleId}/similar` }, t("Similar")), said);
    line.dataset.key = answer.id;
    this.lines.set(answer.id, { line, said, item });
    this.list.prepend(line);
    while (this.list.children.length > SHOWN) this.list.lastChild.remove();
    this.#showLatest();
  }

  #others({ action }, { alike }) {
    if (action === "group") return t("a group of {items}", { items: plural(alike.length + 1, "item") });
    return alike.length ? t("with {copies}", { copies: plural(alike.length, "near copy", "near copies") }) : "";
  }

  /** The newest one stands above the item too, where the eye is. */
  #showLatest() {
    const newest = this.list.firstChild;
    this.section.hidden = !newest;
    this.latest.textContent = newest ? [...newest.children].slice(1).filter((part) => part.tagName !== "A").map((part) => part.textContent).filter(Boolean).join(" — ") : "";
  }

  /** The server has it: say what the function had answered, and why the call was captured. */
  settled(answer, result) {
    const kept = this.lines.get(answer.id);
    if (!kept) return;
    this.lines.delete(answer.id);
    const words = [this.#others(answer, kept.item)].filter(Boolean);
    if (answer.second) words.push(t("somebody else is asked, too"));
    if (result.known) words.push(result.known.right ? t("its answer was known, and is yours") : t("its answer was known: {name}. Yours is kept and changes nothing", { name: result.known.name }));
    if (result.answered) {
      words.push(result.agreed
        ? t("At the call Noria had answered the same, {confidence} sure", { confidence: percent(result.confidence) })
        : t("At the call Noria had answered {answered}, {confidence} sure", { answered: result.answered, confidence: percent(result.confidence) }));
    }
    if (kept.item.blind && result.reasons?.length) words.push(t("captured: {reasons}", { reasons: because(result.reasons) }));
    kept.said.textContent = words.length ? `${words.join("; ")}.` : "";
    this.#showLatest();
  }

  /** Whether what the function had answered was told already. */
  undone(answer) {
    const told = !this.lines.has(answer.id);
    this.forget(answer.id);
    return told;
  }

  /** The answer of this key is taken back. */
  forget(key) {
    this.lines.delete(key);
    [...this.list.children].find((line) => line.dataset.key === key)?.remove();
    this.#showLatest();
  }

  refused(answer, message) {
    const kept = this.lines.get(answer.id);
    if (kept) kept.said.textContent = t("Not taken: {message}", { message });
  }
}

/** Reasons in words, with their shares where there are several. */
export function because(reasons) {
  if (reasons.length === 1) return reasons[0].words;
  return reasons.map((reason) => `${reason.words} (${percent(reason.share)})`).join(", ");
}
