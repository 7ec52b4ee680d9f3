// Items whose suggestions this person has seen in this tab: such an answer is led, whenever the item comes again.

const KEPT = 2000;

export class Seen {
  /** name: where they are kept while the tab is open. */
  constructor(name) {
    this.name = name;
    this.ids = new Set();
    try {
      this.ids = new Set(JSON.parse(sessionStorage.getItem(name) ?? "[]"));
    } catch { /* a browser that keeps nothing: known until the page is left */ }
  }

  add(id) {
    if (this.ids.has(id)) return;
    this.ids.add(id);
    try {
      sessionStorage.setItem(this.name, JSON.stringify([...this.ids].slice(-KEPT)));
    } catch { /* as above */ }
  }

  has(id) {
    return this.ids.has(id);
  }
}
