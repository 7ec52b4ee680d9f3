// Groups that look new are looked for once the page stands: the first look takes a second. One is named like an item, in one go.

import { plural } from "./elements.js";
import { Members } from "./members.js";
import { t } from "./texts.js";

export class Groups {
  /**
   * place: where they are shown.   makes(name): whether the name would make a label.
   * named(group): called with { ids, name, first, section } once somebody has named one.
   */
  constructor(place, makes, named) {
    Object.assign(this, { place, makes, named });
  }

  /** Show what is found by now, unless a group is on show. */
  async look() {
    if (this.place.children.length) return;
    this.place.ariaBusy = "true";
    try {
      const response = await fetch(this.place.dataset.url);
      if (response.ok && !response.redirected && !this.place.children.length) {
        this.place.innerHTML = await response.text(); // rendered and escaped by the server
        this.names = this.place.querySelector("datalist");
        for (const form of this.place.querySelectorAll("form")) this.#watch(form);
      }
    } catch { /* the line is down: the rest of the page says so */
    } finally {
      this.place.ariaBusy = "false";
    }
  }

  /** Its name was taken back: it stands there as it stood before. */
  restore(section) {
    this.place.replaceChildren(this.names, section);
  }

  /** The button says how many are labelled, so that what is left out does not go unseen. */
  #watch(form) {
    const button = form.querySelector("button.strong");
    const members = new Members(form, (n) => {
      button.textContent = t("Label {items}", { items: plural(n, "item") });
      button.disabled = !n;
    });
    form.addEventListener("submit", (event) => {
      if (event.submitter !== button) return; // dismissed, by an ordinary form
      event.preventDefault();
      const name = form.elements.label.value.trim();
      const asked = form.querySelector(".none-yet");
      if (name && this.makes(name) && asked.dataset.name !== name) {
        asked.textContent = t("“{name}” is none of your labels yet. Enter once more makes it.", { name });
        asked.dataset.name = name;
      } else if (name) {
        asked.textContent = asked.dataset.name = "";
        this.#name(form.closest(".group"), members.chosen, name);
      }
    });
  }

  #name(section, chosen, name) {
    const place = chosen[0].closest("li");
    const picture = place.querySelector("img");
    const first = { data: place.textContent.trim(), image: picture && { small: picture.src } };
    section.remove();
    this.named({ ids: chosen.map((box) => box.value), name, first, section });
  }
}
