// Answers on their way to the server: kept in the browser until the server has them, sent in order, tried again.

const WAITS_S = [1, 2, 4, 8, 15, 30];

export class Outbox {
  /**
   * name: where the answers are kept in this browser.   deliver(answer): a promise; its error says by `passing`
   * whether to try again.   on: { settled(answer, result), refused(answer, error), changed(outbox, error) }
   */
  constructor(name, deliver, on) {
    this.name = name;
    this.deliver = deliver;
    this.on = on;
    this.unkept = [];
    this.failures = 0;
    this.sending = null;
    this.timer = null;
    addEventListener("online", () => this.drain());
    addEventListener("beforeunload", (event) => this.unkept.length && event.preventDefault());
  }

  get waiting() {
    try {
      return JSON.parse(localStorage.getItem(this.name) ?? "[]").concat(this.unkept);
    } catch {
      return this.unkept;
    }
  }

  #keep(answers) {
    try {
      if (answers.length) localStorage.setItem(this.name, JSON.stringify(answers));
      else localStorage.removeItem(this.name);
      this.unkept = [];
    } catch {
      this.unkept = answers; // a private window or a full disk: kept in the page, which then asks before it closes
    }
  }

  add(answer) {
    this.#keep([...this.waiting, answer]);
    this.drain();
  }

  /** Take back an answer that has not left yet. False when it is on its way. */
  cancel(id) {
    const waiting = this.waiting;
    if (this.sending === id || !waiting.some((answer) => answer.id === id)) return false;
    this.#keep(waiting.filter((answer) => answer.id !== id));
    this.on.changed(this, null);
    return true;
  }

  async drain() {
    if (this.sending) return;
    clearTimeout(this.timer);
    let answer;
    while ((answer = this.waiting[0])) {
      this.sending = answer.id;
      let error = null;
      try {
        const result = await this.deliver(answer);
        this.#done(answer);
        this.on.settled(answer, result);
      } catch (problem) {
        error = problem;
        if (problem.passing === false) {
          this.#done(answer);
          this.on.refused(answer, problem);
          error = null;
        }
      }
      this.sending = null;
      if (error) return this.#later(error);
      this.failures = 0;
      this.on.changed(this, null);
    }
  }

  #done(answer) {
    this.#keep(this.waiting.filter((other) => other.id !== answer.id));
  }

  #later(error) {
    const wait = WAITS_S[Math.min(this.failures++, WAITS_S.length - 1)];
    this.timer = setTimeout(() => this.drain(), wait * 1000);
    this.on.changed(this, error);
  }
}
