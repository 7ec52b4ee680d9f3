// Your last answers: a list from the server, so that it is there after a reload and on another machine; each is taken back or changed.

import { brief, inWords } from "./contents.js";
import { ago, h, plural } from "./elements.js";
import { t } from "./texts.js";

const UNDO_H = 12; // so far back the key of undo goes; the list has older ones
const WORDS = { skipped: t("Skipped"), unsure: t("Not sure") };
const at = (id) => document.getElementById(id);

/** What an answer said, in words. */
export function saidIn({ said, labels }) {
  return WORDS[said] ?? (labels.join(", ") || t("no tag"));
}

export class LastAnswers {
  /**
   * server: { list(), takeBack(id), change(id, labelId) }: promises.   choices: of the page, with all labels.
   * newestAt: when the newest was given, in seconds since 1970; null without any.   back(answer, result): one is taken back.
   * waiting(): how many have not left yet.
   */
  constructor(server, choices, newestAt, back, waiting) {
    this.server = server;
    this.choices = choices;
    this.newestAt = newestAt;
    this.back = back;
    this.waiting = waiting;
    this.dialog = at("last-answers");
    this.list = this.dialog.querySelector("ol");
    this.said = at("last-said");
    this.dialog.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Whether undo finds something here. */
  get undoable() {
    return this.newestAt !== null && Date.now() / 1000 - this.newestAt < UNDO_H * 3600;
  }

  async open() {
    this.list.replaceChildren(h("li", { class: "quiet" }, t("Asking for them …")));
    this.#say("");
    this.dialog.showModal();
    try {
      const { answers } = await this.server.list();
      this.#draw(answers);
    } catch (problem) {
      this.list.replaceChildren();
      this.#say(problem.status ? problem.message : t("The server can't be reached. Your answers are safe; open this again when it can."));
    }
  }

  /** Undo beyond what this page has seen: the newest that still stands.   Returns { taken: whether there was one, stays: words on what does }. */
  async takeBackNewest() {
    const { answers } = await this.server.list();
    const since = Date.now() / 1000 - UNDO_H * 3600;
    const recent = answers.filter((answer) => answer.at > since);
    const place = recent.findIndex((answer) => !answer.since);
    const passed = (place < 0 ? recent : recent.slice(0, place)).map((answer) => t("“{item}” stays: {since}", { item: inWords(answer), since: answer.since }));
    this.newestAt = place < 0 ? null : (recent[place + 1]?.at ?? null);
    if (place < 0) return { taken: false, stays: passed[0] ?? t("Nothing of the last {hours} hours is left to take back.", { hours: UNDO_H }) };
    this.back(recent[place], await this.server.takeBack(recent[place].id));
    return { taken: true, stays: passed[0] };
  }

  #draw(answers) {
    const waiting = this.waiting();
    if (waiting) this.#say(t("{answers} on the way and not listed yet.", { answers: plural(waiting, "answer is", "answers are") }));
    this.list.replaceChildren(...answers.map((answer) => this.#row(answer)));
    at("last-none").hidden = answers.length > 0;
    this.list.querySelector("button")?.focus();
  }

  #row(answer) {
    const name = answer.data || answer.image ? brief(answer, t("An image")) : h("span", { class: "quiet" }, t("a sample that is gone"));
    const more = answer.count > 1 ? h("span", { class: "quiet" }, answer.grouped ? t("a group of {count}", { count: answer.count }) : t("with {copies}", { copies: plural(answer.count - 1, "near copy", "near copies") })) : null;
    const what = h("strong", {}, h("bdi", {}, saidIn(answer)));
    const whose = h("span", { class: "hidden" }, `: ${inWords(answer).slice(0, 80)}`);
    const row = h("li", {}, name, h("span", { class: "row" }, what, more, h("time", { class: "quiet" }, ago(answer.at))));
    if (answer.since) row.append(h("span", { class: "since" }, answer.since));
    else row.append(h("span", { class: "row acts" }, this.#button(t("Take back"), whose, () => this.#takeBack(answer, row)),
      answer.said === "tags" ? null : this.#button(t("Change"), whose.cloneNode(true), () => this.#ask(answer, row, what))));
    return row;
  }

  #button(word, whose, click) {
    return h("button", { type: "button", click }, word, whose);
  }

  async #takeBack(answer, row) {
    const next = row.nextElementSibling?.querySelector("button") ?? row.previousElementSibling?.querySelector("button");
    try {
      const result = await this.server.takeBack(answer.id);
      row.remove();
      this.back(answer, result);
      at("last-none").hidden = this.list.children.length > 0;
      this.#say([t("{items} again, for you to answer next.", { items: plural(result.count, "item waits", "items wait") }), ...result.stay].join(" "));
      (next ?? this.dialog.querySelector(".strong")).focus();
    } catch (problem) {
      this.#failed(problem);
    }
  }

  /** Another label, chosen among all and saved by a button. */
  #ask(answer, row, what) {
    const acts = row.querySelector(".acts");
    const byName = [...this.choices.labels].sort((a, b) => a.name.localeCompare(b.name));
    const select = h("select", { "aria-label": t("Another label") }, ...byName.map((label) => h("option", { value: label.id, selected: label.name === answer.labels[0] }, label.name)));
    const leave = () => {
      form.replaceWith(acts);
      acts.querySelector("button").focus();
    };
    const form = h("form", { class: "row", submit: (event) => { event.preventDefault(); this.#change(answer, select, what).then((done) => done && leave()); } },
      select, h("button", { class: "strong" }, t("Save")), h("button", { type: "button", click: leave }, t("Leave it")));
    acts.replaceWith(form);
    select.focus();
  }

  async #change(answer, select, what) {
    const name = select.selectedOptions[0].textContent;
    try {
      const { count, stay } = await this.server.change(answer.id, select.value);
      if (count) {
        [answer.said, answer.labels] = ["label", [name]];
        what.replaceChildren(h("bdi", {}, name));
      }
      this.#say([count ? t("{items} {name} now.", { items: plural(count, "item has", "items have"), name }) : "", ...stay].filter(Boolean).join(" "));
      return true;
    } catch (problem) {
      return this.#failed(problem);
    }
  }

  #failed(problem) {
    this.#say(problem.status ? problem.message : t("Not done: the server can't be reached. Try again."));
    return false;
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const row = event.target.closest("li");
    const rows = [...this.list.children].filter((each) => each.querySelector("button"));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(row) + step))]?.querySelector("button").focus();
    else if (row && event.key === this.dialog.querySelector("[data-key=undo]").textContent && row.querySelector(".acts")) row.querySelector(".acts button").click();
    else return;
    event.preventDefault();
  }

  #say(words) {
    this.said.textContent = words;
  }
}
