// What this page has answered and can take back: a stack of goes, of one item or of many at once.

export class Done {
  constructor() {
    this.goes = []; // lists of { item, given, section }, the latest last
  }

  get any() {
    return this.goes.length > 0;
  }

  add(go) {
    this.goes.push(go);
  }

  /** The latest go, which is none of it any more. */
  pop() {
    return this.goes.pop();
  }

  /** This answer is none any more: it was taken back elsewhere on the page, or refused.   Returns what there was of it. */
  forget(key) {
    const found = this.goes.flat().find(({ given }) => given.id === key);
    this.goes = this.goes.map((go) => go.filter(({ given }) => given.id !== key)).filter((go) => go.length);
    return found;
  }

  /** How many answers were of these actions; a group counts by its members. */
  count(actions) {
    return this.goes.flat().filter(({ given }) => given.action in actions).reduce((n, { given }) => n + (given.sampleIds?.length ?? 1), 0);
  }
}
