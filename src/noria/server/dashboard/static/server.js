// Talking to the server from a page: JSON in and out, the CSRF token along, and an error that can be told from a dead line.

import { t } from "./texts.js";

export class Refused extends Error {
  constructor(status, message, field = "") {
    super(message);
    this.status = status;
    this.field = field; // of a row, that has to be mended
  }

  /** Would the same request do better later, or after signing in again? */
  get passing() {
    return this.status === 401 || this.status === 403 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** The cookie's, as it is now: the page may be older than it. */
function csrfToken() {
  const page = document.querySelector("meta[name=csrf]");
  const cookies = document.cookie.split("; ").map((each) => each.split("="));
  return cookies.find(([name]) => name === page.dataset.cookie)?.[1] ?? page.content;
}

async function told(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, body.message ?? t("That did not work. Try again."), body.field);
  return body;
}

export async function read(url, options = {}) {
  return told(await fetch(url, { headers: { Accept: "application/json" }, ...options }));
}

export async function send(url, body, options = {}) {
  const form = body instanceof FormData ? new URLSearchParams(body) : null;
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  if (!form) headers["Content-Type"] = "application/json";
  return told(await fetch(url, { method: "POST", headers, body: form ?? JSON.stringify(body), ...options }));
}

/** A form with files, answered by JSON. */
export async function sendForm(form) {
  return told(await sendFile(form.action, new FormData(form), "application/json"));
}

/** A multipart form with its file, answered by a stream of JSON lines. */
export async function sendFile(url, form, accept) {
  return fetch(url, { method: "POST", headers: { Accept: accept, "X-CSRFToken": csrfToken() }, body: form });
}

export { csrfToken, told };
