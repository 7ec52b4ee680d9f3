// What was just answered, with what a blind item kept back until then.

import { brief } from "./contents.js";
import { h, percent, plural } from "./elements.js";

const SHOWN = 5;
const WORDS = { skip: "Skipped", unsure: "Not sure" };

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
    if (item.alike.length) said.textContent = `with ${plural(item.alike.length, "near copy", "near copies")}`;
    const line = h("li", {}, brief(item, "An image"), what,
      h("a", { href: `${this.samples}/${item.sampleId}/similar` }, "Similar"), said);
    this.lines.set(answer.id, { line, said, item });
    this.list.prepend(line);
    while (this.list.children.length > SHOWN) this.list.lastChild.remove();
    this.#showLatest();
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
    const n = kept.item.alike.length;
    const words = n ? [`with ${plural(n, "near copy", "near copies")}`] : [];
    if (answer.second) words.push("somebody else is asked, too");
    if (result.known) words.push(result.known.right ? "its answer was known, and is yours" : `its answer was known: ${result.known.name}. Yours is kept and changes nothing`);
    if (result.answered) {
      words.push(result.agreed
        ? `At the call Noria had answered the same, ${percent(result.confidence)} sure`
        : `At the call Noria had answered ${result.answered}, ${percent(result.confidence)} sure`);
    }
    if (kept.item.blind && result.reasons?.length) words.push(`captured: ${because(result.reasons)}`);
    kept.said.textContent = words.length ? `${words.join("; ")}.` : "";
    this.#showLatest();
  }

  /** Whether what the function had answered was told already. */
  undone(answer) {
    const told = !this.lines.has(answer.id);
    const line = this.lines.get(answer.id)?.line ?? this.list.firstChild;
    this.lines.delete(answer.id);
    line?.remove();
    this.#showLatest();
    return told;
  }

  refused(answer, message) {
    const kept = this.lines.get(answer.id);
    if (kept) kept.said.textContent = `Not taken: ${message}`;
  }
}

/** Reasons in words, with their shares where there are several. */
export function because(reasons) {
  if (reasons.length === 1) return reasons[0].words;
  return reasons.map((reason) => `${reason.words} (${percent(reason.share)})`).join(", ");
}
