// The next items, fetched before they are needed and never shown twice.

const LOW = 6;
const BATCH = 12; // few: what waits here nobody else can label
const RENEW_S = 90; // leases last two minutes

/** Of the samples that an answer to this item is for. */
export function ids(item) {
  return [item.sampleId, ...item.alike.map((other) => other.sampleId)];
}

export class Supply {
  /** fetchItems(count): a promise of items.   changed(): called when items came that the page has room for, or none did. */
  constructor(items, fetchItems, changed) {
    this.items = items;
    this.fetchItems = fetchItems;
    this.changed = changed;
    this.answered = new Set();
    this.busy = false;
    this.freshAt = Date.now();
    this.again = false;
    this.elsewhere = 0; // items that others have in front of them
    this.room(1);
    setInterval(() => this.renew(), 15_000);
  }

  /** So many items are on the page at once. */
  room(shown) {
    this.shown = shown;
    this.low = Math.max(LOW, shown); // items below which more are fetched
    this.batch = shown + BATCH;
  }

  get current() {
    return this.items[0];
  }

  /** An item is answered, the one on show unless another is named. */
  take(item = this.items[0]) {
    this.items = this.items.filter((other) => other !== item);
    for (const id of ids(item)) this.answered.add(id);
    if (this.items.length < this.low) this.refill();
    return item;
  }

  /** An answer was taken back: its item comes first again. */
  putBack(item) {
    for (const id of ids(item)) this.answered.delete(id);
    this.items = [item, ...this.items.filter((other) => other.sampleId !== item.sampleId)];
  }

  /** These samples are answered beside the queue: they come no more. */
  drop(sampleIds) {
    const gone = new Set(sampleIds);
    for (const id of gone) this.answered.add(id);
    this.items = this.items
      .filter((item) => !gone.has(item.sampleId))
      .map((item) => ({ ...item, alike: item.alike.filter((other) => !gone.has(other.sampleId)) }));
    if (this.items.length < this.low) this.refill();
  }

  /** They wait again, wherever they stand in the queue. */
  admit(sampleIds) {
    for (const id of sampleIds) this.answered.delete(id);
    this.refill();
  }

  /** The near copies of the item on show are items of their own from now on, and come next. */
  separate() {
    const [item, ...others] = this.items;
    this.items = [{ ...item, alike: [] }, ...item.alike, ...others];
  }

  /** Keep the leases of what waits here, and let the newest model order it, while somebody looks. */
  renew() {
    if (!this.items.length && !document.hidden) this.refill(); // what others left
    if (this.items.length && !document.hidden && Date.now() - this.freshAt > RENEW_S * 1000) this.refill(true);
  }

  async refill(renewed = false) {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      const { items, elsewhere } = await this.fetchItems(this.batch);
      this.elsewhere = elsewhere;
      this.freshAt = Date.now();
      this.#merge(items, renewed);
    } catch {
      // the line is down or the session is over: the outbox says so, and the next event asks again
    } finally {
      this.busy = false;
    }
    if (this.again) {
      this.again = false;
      this.refill();
    } else if (!this.items.length) {
      this.changed();
    }
  }

  #merge(items, renewed) {
    const kept = renewed ? this.items.slice(0, 1) : this.items;
    const known = new Set(kept.flatMap(ids));
    const fresh = items.filter((item) => !known.has(item.sampleId) && !this.answered.has(item.sampleId));
    this.items = [...kept, ...fresh];
    if (kept.length < this.shown && fresh.length) this.changed();
  }
}
