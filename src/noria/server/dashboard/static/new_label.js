// None of these: a name is typed, and a label of that name is there at once. The server makes it when an answer with it arrives.

const NEW = "new:"; // begins the id of a label that the server has not made yet

/** Ask for a name.   choices: where one of that name may be.   take(label): called with the label. */
export class NewLabel {
  constructor(choices, take) {
    this.choices = choices;
    this.take = take;
    this.dialog = document.getElementById("new-label");
    this.name = document.getElementById("new-name");
    this.dialog.querySelector("form").addEventListener("submit", () => this.#give());
    document.getElementById("new-close").addEventListener("click", () => this.dialog.close());
  }

  get open() {
    return this.dialog.open;
  }

  /** With what was looked for in vain, if anything. */
  ask() {
    this.name.value = this.choices.find.value.trim();
    this.dialog.showModal();
    this.name.select();
  }

  #give() {
    const name = this.name.value.trim();
    if (name) this.take(this.choices.named(name) ?? this.choices.add({ id: NEW + name, name }));
  }
}

/** The ids that the server knows labels by: makes those that are new, with make(name), a promise of a label. */
export class Made {
  constructor(choices, make) {
    this.choices = choices;
    this.make = make;
    this.ids = new Map();
  }

  async id(id) {
    if (!id?.startsWith(NEW)) return id;
    if (!this.ids.has(id)) {
      const label = await this.make(id.slice(NEW.length));
      this.ids.set(id, label.id);
      this.choices.settle(id, label);
    }
    return this.ids.get(id);
  }

  /** An answer with these labels was refused: those that were never made are offered no longer. */
  forget(ids) {
    for (const id of ids) if (id?.startsWith(NEW) && !this.ids.has(id)) this.choices.forget(id);
  }
}
