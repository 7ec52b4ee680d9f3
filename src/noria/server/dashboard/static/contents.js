// What an item holds, where there is room for a line: its text, the fields of its row, or a small picture.

import { h } from "./elements.js";
import { t } from "./texts.js";

/** An element for a list. */
export function brief(item, alt) {
  if (isPicture(item)) return h("img", { src: item.image.small, alt });
  return h("bdi", { class: "one-line", dir: "auto" }, item.data);
}

/** For whoever listens to the page. */
export function inWords(item) {
  return isPicture(item) ? t("an image") : item.data;
}

function isPicture(item) {
  return item.image && !item.row; // a row with an image has words too
}
