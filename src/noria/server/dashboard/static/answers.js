// Answers as they are given and taken back: at once on the page, and behind it to the server.

import { inWords } from "./contents.js";
import { Done } from "./done.js";
import { plural } from "./elements.js";
import { Groups } from "./groups.js";
import { LastAnswers, saidIn } from "./last_answers.js";
import { Made } from "./new_label.js";
import { Outbox } from "./outbox.js";
import { Receipts } from "./receipts.js";
import { read, send } from "./server.js";
import { Sitting } from "./sitting.js";
import { ids } from "./supply.js";
import { t } from "./texts.js";

const LABELLED = { label: true, tags: true, group: true }; // actions that say what an item is
const at = (id) => document.getElementById(id);

export class Answers {
  /**
   * where: { url, person, newestAt: of an answer given before, in seconds since 1970, mayMake: labels }.   parts: { supply, choices, seen }.
   * on: { changed(): other items are next, say(words): for whoever listens, leave(): the hands go back to the card }
   */
  constructor({ url, person, newestAt, mayMake }, { supply, choices, seen }, on) {
    Object.assign(this, { url, mayMake, supply, choices, seen, on });
    this.done = new Done();
    this.sitting = new Sitting(at("sitting"));
    this.receipts = new Receipts();
    this.refusal = ""; // told until the next answer
    this.made = new Made(choices, (name) => send(`${url}/labels`, { name }, { keepalive: true }));
    this.groups = new Groups(at("groups"), (name) => this.mayMake && !choices.named(name), (group) => this.#nameGroup(group));
    this.outbox = new Outbox(`noria:${url}:${person}`, (given) => this.#deliver(given), {
      settled: (given, result) => this.#settled(given, result),
      refused: (given, problem) => this.#refused(given, problem),
      changed: (box, problem) => this.#onOutbox(box, problem),
    });
    const server = {
      list: () => read(`${url}/answers`),
      takeBack: (id) => send(`${url}/answers/${id}/take-back`, {}),
      change: async (id, labelId) => send(`${url}/answers/${id}/label`, { labelId: await this.made.id(labelId) }),
    };
    this.last = new LastAnswers(server, choices, newestAt, (answer, result) => this.#tookBack(answer, result), () => this.outbox.waiting.length);
  }

  /** Send what waits since another time, and look for groups. */
  begin() {
    this.outbox.drain();
    this.groups.look();
  }

  get undoable() {
    return this.done.any || this.last.undoable;
  }

  /** The same for all of these items, in one go.   action: label, tags, skip or unsure. */
  give(items, action, { label = null, tags = [], second = false } = {}) {
    this.done.add(items.map((item) => this.#give(item, action, label, tags, second)));
    this.#showSitting();
  }

  note(item, note) {
    this.outbox.add({ id: `${Date.now()}-note-${Math.random()}`, sampleId: item.sampleId, action: "note", note });
  }

  #give(item, action, label, tags, second) {
    const blind = item.blind && !this.seen.has(item.sampleId);
    const given = {
      id: `${Date.now()}-${Math.random()}`, sampleId: item.sampleId, action, labelId: label?.id ?? null,
      labelIds: tags.map((tag) => tag.id), alike: ids(item).slice(1), blind, second,
    };
    this.supply.take(item);
    this.#send(given, item, action === "tags" ? tags.map((tag) => tag.name).join(", ") || t("no tag") : label?.name);
    return { item, given };
  }

  #send(given, item, name) {
    if (given.action in LABELLED) this.sitting.labelled();
    this.refusal = "";
    this.receipts.add(given, item, name);
    this.outbox.add(given);
  }

  /** A group of look-alikes gets a label: one answer, which is undone as one. */
  #nameGroup({ ids: sampleIds, name, first, section }) {
    const label = this.choices.named(name) ?? (this.mayMake ? this.choices.add({ id: `new:${name}`, name }) : { id: null, name });
    const [sampleId, ...others] = sampleIds;
    const item = { ...first, sampleId, alike: others.map((id) => ({ sampleId: id })) };
    const given = { id: `${Date.now()}-${Math.random()}`, action: "group", sampleId, sampleIds, labelId: label.id, name: label.name };
    this.supply.drop(sampleIds);
    this.done.add([{ item, given, section }]);
    this.#send(given, item, label.name);
    this.on.changed();
    at("card").focus({ preventScroll: true });
    this.on.say(t("{items}: labelled {name}.", { items: plural(sampleIds.length, "item"), name: label.name }));
    this.#showSitting();
  }

  async #deliver(given) {
    const { id, of, sampleId, action, labelId, labelIds, alike, note, blind, second } = given;
    if (action === "group") return this.#deliverGroup(given);
    if (action === "note") return send(`${this.url.replace(/capture$/, "samples")}/${sampleId}/note`, { note }, { keepalive: true });
    const answer = { sampleId, action, labelId: await this.made.id(labelId), labelIds: [], alike: alike ?? [], blind: blind ?? null, second: Boolean(second), key: of ?? id };
    for (const id of labelIds ?? []) answer.labelIds.push(await this.made.id(id));
    return send(`${this.url}/answers`, answer, { keepalive: true });
  }

  async #deliverGroup({ id, sampleIds, labelId, name }) {
    await this.made.id(labelId);
    const form = new FormData();
    for (const sampleId of sampleIds) form.append("sample_id", sampleId);
    form.append("label", name);
    form.append("key", id);
    return send(`${this.url}/groups/name`, form);
  }

  /** Take back the latest go: what was on the card, all that were marked in the grid, or a group; then what was answered before this page. */
  undo() {
    const go = this.done.pop();
    if (!go) return void this.#undoEarlier();
    for (const { item, given, section } of go.toReversed()) this.#takeBack(item, given, section);
    const n = go.reduce((sum, { given }) => sum + (given.sampleIds?.length ?? 1), 0);
    this.on.changed();
    if (!go[0].section) this.on.leave();
    const again = n > 1 ? t("{n} items wait again", { n }) : inWords(go[0].item);
    at("latest").textContent = t("Taken back: {again}", { again });
    this.on.say(n > 1 ? t("Taken back: {again}.", { again }) : t("Taken back. Again: {again}", { again }));
    this.#showSitting();
  }

  #takeBack(item, given, section) {
    if (given.action in LABELLED) this.sitting.tookBack();
    if (!this.outbox.cancel(given.id)) {
      this.outbox.add({ id: `${Date.now()}-undo-${Math.random()}`, of: given.id, sampleId: item.sampleId, action: "undo", labelId: null, alike: ids(item).slice(1) });
    }
    if (this.receipts.undone(given)) this.seen.add(item.sampleId);
    if (given.action === "tags") item.tags = given.labelIds;
    if (!section) return this.supply.putBack(item);
    this.groups.restore(section);
    this.supply.admit(given.sampleIds);
  }

  async #undoEarlier() {
    if (!this.last.undoable) return;
    await this.outbox.drain();
    try {
      const { taken, stays } = await this.last.takeBackNewest();
      if (stays) this.on.say(at("latest").textContent = [stays, taken ? at("latest").textContent : ""].join(" "));
      this.on.changed();
    } catch (problem) {
      this.on.say(at("latest").textContent = problem.status ? problem.message
        : t("The server can't be reached: what was answered before this page was opened can be taken back once it can."));
    }
  }

  /** An answer of the list is taken back: what it was for comes next. */
  #tookBack(answer, { count, items }) {
    this.done.forget(answer.key);
    this.receipts.forget(answer.key);
    for (const item of items.toReversed()) {
      for (const id of ids(item)) this.seen.add(id); // what Noria had answered was told with the first answer
      this.supply.putBack(item);
    }
    this.on.changed();
    this.on.say(at("latest").textContent = t("Taken back ({said}): {again}", { said: saidIn(answer), again: count > 1 ? t("{n} items wait again", { n: count }) : inWords(answer) }));
    this.#showSitting();
  }

  #settled(given, result) {
    this.receipts.settled(given, result);
    if (given.action === "group") this.groups.look();
    if (given.action !== "undo" && given.action !== "note") this.last.newestAt = Date.now() / 1000;
    if (given.action !== "undo" || !result.left?.length) return;
    this.refusal = `${t("Not all of it was taken back.")} ${result.stay.join(" ")}`;
    this.supply.drop(result.left);
    this.on.changed();
  }

  #refused(given, problem) {
    this.receipts.refused(given, problem.message);
    this.made.forget([given.labelId, ...(given.labelIds ?? [])]);
    if (given.action === "group") this.#restore(given); // an item comes back by undo
    this.refusal = t("One answer was not taken: {message}", { message: problem.message });
  }

  #restore(given) {
    const section = this.done.forget(given.id)?.section;
    if (section) this.groups.restore(section);
    this.supply.admit(given.sampleIds);
  }

  #onOutbox(box, problem) {
    this.#showSitting();
    if (!problem) return this.#trouble(this.refusal);
    const kept = t("{answers} in this browser and will be sent", { answers: plural(box.waiting.length, "answer waits", "answers wait") });
    if (problem.status === 401) this.#trouble(t("You are signed out. {kept} once you sign in again in another tab.", { kept }));
    else if (problem.status === 403) this.#trouble(t("{message} {kept} then.", { message: problem.message, kept }));
    else this.#trouble(t("The server can't be reached. {kept} as soon as it can; go on labelling.", { kept }));
  }

  #trouble(words) {
    at("trouble").textContent = words;
    at("trouble").hidden = !words;
  }

  #showSitting() {
    this.sitting.show(this.done.count(LABELLED), this.outbox.waiting.length);
  }
}
