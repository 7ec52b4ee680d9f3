// How this sitting goes: how many labels, how many a minute, and whether all of them are saved.

import { plural } from "./elements.js";
import { t } from "./texts.js";

const RATE_S = 120;

export class Sitting {
  constructor(place) {
    this.place = place;
    this.times = []; // when labels were given, in seconds
  }

  labelled() {
    this.times.push(Date.now() / 1000);
  }

  tookBack() {
    this.times.pop();
  }

  /** labelled: so many in this sitting.   waiting: so many answers have not reached the server. */
  show(labelled, waiting) {
    const now = Date.now() / 1000;
    const recent = this.times.filter((time) => now - time < RATE_S);
    const rate = recent.length > 2 ? Math.round((60 * recent.length) / Math.max(now - recent[0], 1)) : 0;
    this.place.textContent = [
      labelled ? t("{labels} in this sitting", { labels: plural(labelled, "label") }) : "",
      rate ? t("{rate} a minute", { rate }) : "",
      waiting ? t("{waiting} on the way", { waiting }) : labelled ? t("all saved") : "",
    ].filter(Boolean).join(" · ");
  }
}
