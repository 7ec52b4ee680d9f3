// Making elements without markup in strings: what a caller sent is always text, never HTML.

import { numbered, t } from "./texts.js";

/** An element: h("button", { class: "strong" }, "Save"). Functions among the properties listen to events. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A share in [0, 1] as a bar. */
export function bar(share, strong) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", strong ? "bar strong" : "bar");
  svg.setAttribute("aria-hidden", "true");
  for (const [kind, width] of [["rail", 100], ["fill", share * 100]]) {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    rect.setAttribute("class", kind);
    rect.setAttribute("width", `${width.toFixed(1)}%`);
    rect.setAttribute("height", "100%");
    rect.setAttribute("rx", "3");
    svg.append(rect);
  }
  return svg;
}

/** A share as whole percent that never rounds to a false certainty. */
export function percent(share) {
  const whole = Math.round(share * 100);
  if (whole === 100 && share < 1) return ">99\u202f%";
  if (whole === 0 && share > 0) return "<1\u202f%";
  return `${whole}\u202f%`;
}

/** A number and its noun. */
export function plural(n, one, many = `${one}s`) {
  return `${n.toLocaleString("en")} ${numbered(n, one, many)}`;
}

/** How long ago, in words; `at` in seconds since 1970. */
export function ago(at) {
  const passed = Date.now() / 1000 - at;
  if (passed < 45) return t("just now");
  if (passed < 3600) return t("{minutes} min ago", { minutes: Math.max(1, Math.round(passed / 60)) });
  if (passed < 86400) return t("{hours} h ago", { hours: Math.floor(passed / 3600) });
  const days = Math.floor(passed / 86400);
  return days === 1 ? t("yesterday") : t("{days} days ago", { days });
}
