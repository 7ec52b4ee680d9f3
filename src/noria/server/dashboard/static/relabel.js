// The label of a sample in a list: saved as it is chosen, said in words beside it, and undone there.

import { h } from "./elements.js";
import { send } from "./server.js";
import { t } from "./texts.js";

/** form: with a select, for one sample.   say(words): for whoever listens to the page. */
export function relabels(form, say) {
  form.addEventListener("change", () => save(form, say));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(form, say);
  });
}

async function save(form, say, undone = false) {
  const select = form.querySelector("select");
  const before = select.dataset.before ?? [...select.options].find((option) => option.defaultSelected)?.value ?? "";
  const chosen = select.value;
  forget(form);
  try {
    const { message } = await send(form.action, new FormData(form));
    select.dataset.before = chosen;
    const name = select.selectedOptions[0].text;
    say(chosen ? `${message} ${name}.` : message);
    form.append(saved((undone ? t("{name}, as before.", { name }) : t("{name}, saved.", { name })), undone ? null : () => undo(form, select, before, say)));
  } catch (problem) {
    select.value = before;
    say("");
    note(form, problem.message);
  }
}

function saved(words, undo) {
  return h("p", { class: "said quiet" }, h("bdi", {}, words), undo ? h("button", { type: "button", class: "plain", click: undo }, t("Undo")) : null);
}

async function undo(form, select, before, say) {
  select.value = before;
  await save(form, say, true);
  select.focus();
}

function forget(form) {
  form.querySelector(".said")?.remove();
  form.parentElement.querySelector(".note")?.remove();
}

/** What was not saved, and why. */
export function note(form, words) {
  form.parentElement.querySelector(".note")?.remove();
  form.after(h("p", { class: "note refused", role: "alert" }, t("Not saved: {words}", { words })));
}
