// The keys of acts and labels, as this person has set them in this browser; those of acts are the same in every function.

import { h } from "./elements.js";
import { t } from "./texts.js";

const KEPT = "?/ "; // these mean the same for everybody
const at = (id) => document.getElementById(id);

export class Keys {
  /** names: where the keys of acts and of labels are kept.   defaults: keys by act.   names of acts stand in the dialog. */
  constructor(names, defaults) {
    this.names = names;
    this.defaults = defaults;
    this.acts = { ...defaults, ...kept(names.acts) };
    this.labels = kept(names.labels);
  }

  /** What is done by a key, if anything. */
  act(key) {
    return Object.keys(this.defaults).find((act) => this.acts[act] === key);
  }

  /** The id of the label that has a key of its own. */
  label(key) {
    return Object.keys(this.labels).find((id) => this.labels[id] === key);
  }

  set(kind, id, key) {
    if (key) this[kind][id] = key;
    else delete this[kind][id];
    keep(this.names[kind], this[kind]);
  }

  reset() {
    this.acts = { ...this.defaults };
    this.labels = {};
    for (const name of Object.values(this.names)) keep(name, null);
  }
}

/** The dialog in which keys are set. */
export class KeyDialog {
  /** choices: with the labels.   changed(): called when a key is another one. */
  constructor(keys, choices, changed) {
    this.keys = keys;
    this.choices = choices;
    this.changed = changed;
    this.dialog = at("keymap");
    this.waiting = null; // the button whose key is asked for
    for (const button of this.dialog.querySelectorAll("[data-bind]")) button.addEventListener("click", () => this.#ask(button));
    at("keys-reset").addEventListener("click", () => this.#reset());
    this.dialog.addEventListener("keydown", (event) => this.#onKey(event), true);
    this.dialog.addEventListener("close", () => { this.waiting = null; });
    this.#draw();
  }

  open() {
    at("label-keys").replaceChildren(...this.choices.labels.map((label) => {
      const button = h("button", { type: "button", class: "rebind", "data-label": label.id, click: () => this.#ask(button) },
        h("kbd", {}), h("span", { class: "hidden" }, ` ${t("Change the key of {name}", { name: label.name })}`));
      return h("li", { class: "row" }, button, h("bdi", {}, label.name));
    }));
    this.#say("");
    this.#draw();
    this.dialog.showModal();
    this.dialog.scrollTop = 0; // the button that has the focus is the last thing in it
  }

  #ask(button) {
    this.waiting = button;
    this.#draw();
    button.querySelector("kbd").textContent = "…";
    this.#say(t("Press the new key. Esc leaves it as it was; of a label, Backspace takes its key away."));
  }

  #onKey(event) {
    if (!this.waiting || event.key === "Tab") return;
    const { key } = event;
    const { bind, label } = this.waiting.dataset;
    const removes = label && (key === "Backspace" || key === "Delete");
    if (key !== "Escape" && !removes && [...key].length !== 1) return; // Shift and its like: more is to come
    event.preventDefault();
    event.stopPropagation();
    const taken = key === "Escape" || removes ? "" : this.#taken(key, bind, label);
    if (taken) return this.#say(taken);
    if (key !== "Escape") {
      this.keys.set(bind ? "acts" : "labels", bind ?? label, removes ? null : key);
      this.changed();
    }
    this.waiting = null;
    this.#say(key === "Escape" ? "" : t("Kept in this browser."));
    this.#draw();
  }

  /** Why this key can't be had. */
  #taken(key, bind, label) {
    const act = this.keys.act(key);
    const other = this.choices.byId.get(this.keys.label(key));
    if (KEPT.includes(key) || (bind && /[1-9]/.test(key))) return t("{key} keeps its meaning. Press another key.", { key: key.trim() || t("Space") });
    if (act && act !== bind) return t("{key} is the key of “{act}”. Press another key.", { key, act: this.#words(act) });
    if (other && other.id !== label) return t("{key} is the key of {name}. Press another key.", { key, name: other.name });
    return "";
  }

  #words(act) {
    return this.dialog.querySelector(`[data-bind="${act}"]`)?.dataset.words ?? act;
  }

  #reset() {
    this.keys.reset();
    this.changed();
    this.#draw();
    this.#say(t("All keys are as they came."));
  }

  #draw() {
    for (const place of document.querySelectorAll("[data-key]")) place.textContent = this.keys.acts[place.dataset.key];
    for (const button of at("label-keys").querySelectorAll("button")) {
      button.querySelector("kbd").textContent = this.choices.keyOf(button.dataset.label) ?? "none";
    }
  }

  #say(words) {
    at("keys-said").textContent = words;
  }
}

/** Whether keys without Ctrl do anything for this person. */
export function singleKeys() {
  try {
    return localStorage.getItem("noria:single-keys") !== "off";
  } catch {
    return true; // a browser that keeps nothing
  }
}

function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "{}");
  } catch {
    return {}; // a browser that keeps nothing: the keys are as they came
  }
}

function keep(name, value) {
  try {
    if (value) localStorage.setItem(name, JSON.stringify(value));
    else localStorage.removeItem(name);
  } catch { /* as above: they hold until the page is left */ }
}
