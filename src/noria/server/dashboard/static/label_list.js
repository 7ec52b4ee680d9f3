// The page Labels: found by a few letters, moved in by arrows, and a guideline written where it stands.

import "./forms.js";
import { h, plural } from "./elements.js";
import { Keys, singleKeys } from "./keys.js";
import { matching, prepared } from "./labels.js";
import { Refused, send } from "./server.js";
import { t } from "./texts.js";

const at = (id) => document.getElementById(id);
const table = at("labels");
const find = at("find");
const rows = [...(table?.querySelectorAll("tbody tr") ?? [])];
const known = prepared(rows.map((row) => ({ row, name: row.querySelector("bdi").textContent })));
const mayEdit = Boolean(at("add"));

function say(words) {
  at("found").textContent = words;
}

/** Rows by name as while labelling, and those whose guideline has what was typed. */
function show() {
  const typed = find.value.trim();
  const lower = typed.toLowerCase();
  const found = new Set(matching(known, typed).map((label) => label.row));
  for (const row of rows) row.hidden = !(found.has(row) || row.querySelector(".about").textContent.toLowerCase().includes(lower));
  say(typed ? plural(visible().length, "label") : "");
}

const visible = () => rows.filter((row) => !row.hidden);
const link = (row) => row?.querySelector("th a");

function move(step) {
  const shown = visible();
  const place = shown.indexOf(document.activeElement.closest("tr"));
  const next = place < 0 ? (step > 0 ? 0 : shown.length - 1) : place + step;
  if (next < 0) return find.focus();
  link(shown[Math.min(next, shown.length - 1)])?.focus();
}

/** The guideline as a field, in its place. */
function write(row) {
  const about = row.querySelector(".about");
  if (about.querySelector("textarea")) return;
  const was = about.textContent;
  const name = link(row).textContent;
  const field = h("textarea", { rows: 5, maxlength: 10000, dir: "auto", "aria-label": t("Guideline of {name}", { name }) });
  field.value = was;
  const leave = (text) => {
    about.replaceChildren(text);
    draw(row);
    link(row).focus();
  };
  const save = async () => {
    try {
      const saved = await send(link(row).pathname, new FormData(form));
      leave(saved.guideline);
      say(t("The guideline of {name} is saved.", { name }));
    } catch (problem) {
      said.textContent = problem instanceof Refused ? problem.message : t("Not saved: the server can't be reached. Try again.");
    }
  };
  const said = h("span", { class: "said-wrong", role: "alert" });
  field.name = "description";
  const form = h("form", { class: "stack", submit: (event) => { event.preventDefault(); save(); } }, field,
    h("div", { class: "row" }, h("button", { class: "strong" }, t("Save")), h("button", { type: "button", click: () => leave(was) }, t("Leave it")),
      h("span", { class: "quiet" }, h("kbd", {}, t("Ctrl")), " ", h("kbd", {}, t("Enter")))), said);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave(was);
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    else return;
    event.preventDefault();
  });
  about.replaceChildren(form);
  field.focus();
}

/** What a row has besides its words: a way to write, and the key of this person's own. */
function draw(row) {
  const own = keys.labels[row.dataset.id];
  const mark = row.querySelector("kbd.own");
  mark.hidden = !own;
  mark.textContent = own ?? "";
  if (!mayEdit) return;
  const about = row.querySelector(".about");
  const button = row.querySelector(".write") ?? h("button", { type: "button", class: "plain write", click: () => write(row) });
  button.replaceChildren(about.textContent ? t("Change the guideline") : t("Write a guideline"), h("span", { class: "hidden" }, ` ${t("of {name}", { name: link(row).textContent })}`));
  about.after(button);
}

const keys = table && new Keys({ acts: "", labels: `noria:keys:${table.dataset.capture}:${table.dataset.person}` }, {});
for (const row of rows) draw(row);
if (find) {
  find.addEventListener("input", show);
  find.addEventListener("change", (event) => event.stopPropagation()); // the rows are shown already
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && link(visible()[0])) {
      event.preventDefault();
      link(visible()[0]).click();
    }
  });
  document.querySelector("[data-help]").hidden = false;
  if (find.value !== find.defaultValue) show(); // typed before this script was here
}

const acts = {
  "/": () => find.focus(),
  n: () => {
    at("add").open = true;
    at("add").querySelector("textarea").focus();
  },
  e: () => write(document.activeElement.closest("tr")),
};
document.addEventListener("keydown", (event) => {
  if (!table || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = event.target.closest("textarea, select, input");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && (!typing || event.target === find)) move(step);
  else if (event.key === "Escape" && event.target === find) {
    find.value = "";
    show();
  } else if (!typing && singleKeys() && acts[event.key] && (event.key === "/" || mayEdit) && (event.key !== "e" || event.target.closest("tbody tr"))) acts[event.key]();
  else return;
  event.preventDefault();
});
