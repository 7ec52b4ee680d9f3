// What a label means: its guideline, and samples that people gave it. The newest few say most of how it is used by now.

import { h } from "./elements.js";
import { t } from "./texts.js";

const at = (id) => document.getElementById(id);

export class Guide {
  /** choices: where the marked label is.   fetchExamples(labelId): a promise of samples.   take(label): called with the label. */
  constructor(choices, fetchExamples, take) {
    this.choices = choices;
    this.fetchExamples = fetchExamples;
    this.dialog = at("guide");
    this.line = at("guideline");
    this.label = null;
    this.fetched = new Map(); // promises by label id
    this.dialog.addEventListener("keydown", (event) => this.#onKey(event));
    // Not at the event "close": it comes later, when the dialog may be open again.
    this.dialog.querySelector("form").addEventListener("submit", (event) => event.submitter?.value === "take" && take(this.label));
  }

  /** The guideline of the marked label, in a line or two beside the choices. */
  mark() {
    this.line.hidden = !this.choices.labels.some((label) => label.about);
    this.line.textContent = this.choices.marked()?.about ?? "";
  }

  /** Of the marked label, else of the first; false where there is none. */
  open() {
    const label = this.choices.marked() ?? this.choices.move(1);
    if (!label) return false;
    this.#show(label);
    this.dialog.showModal();
    return true;
  }

  #onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.#show(this.choices.move(step));
  }

  async #show(label) {
    this.label = label;
    this.mark();
    at("guide-name").replaceChildren(h("bdi", {}, label.name));
    at("guide-about").textContent = label.about ?? "";
    at("guide-about").hidden = !label.about;
    at("guide-examples").replaceChildren();
    at("guide-note").textContent = label.about ? "" : t("No guideline is written yet.");
    const edit = at("guide-edit");
    if (edit) edit.pathname = edit.pathname.replace(/\/labels.*/, `/labels/${encodeURIComponent(label.id)}`);
    const said = await this.#examples(label.id).then((examples) => ({ examples }), () => ({ examples: [], cut: true }));
    if (this.label !== label) return; // another one is on show by now
    at("guide-examples").replaceChildren(...said.examples.map((example) => h("li", {}, example.image && !example.row
      ? h("img", { src: example.image.small, alt: t("An example") })
      : h("bdi", { class: "two-lines", dir: "auto" }, example.data))));
    const none = said.cut ? t("The examples can't be fetched just now.") : said.examples.length ? "" : t("No sample has it yet.");
    at("guide-note").textContent = [at("guide-note").textContent, none].filter(Boolean).join(" ");
  }

  #examples(id) {
    if (id.startsWith("new:")) return Promise.resolve([]);
    if (!this.fetched.has(id)) {
      const coming = this.fetchExamples(id);
      this.fetched.set(id, coming);
      coming.catch(() => this.fetched.delete(id)); // asked for again the next time
    }
    return this.fetched.get(id);
  }
}
