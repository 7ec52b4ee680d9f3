// Capture: one item at a time, labelled by single keys. An answer shows at once and travels behind.

import { Answers } from "./answers.js";
import { Choices } from "./choices.js";
import { brief, inWords } from "./contents.js";
import { ago, h, plural } from "./elements.js";
import { Grid, SHOWN } from "./grid.js";
import { Guide } from "./guide.js";
import { NoteDialog } from "./note.js";
import { KeyDialog, Keys, singleKeys } from "./keys.js";
import { NewLabel } from "./new_label.js";
import { follow } from "./panel.js";
import { because } from "./receipts.js";
import { read } from "./server.js";
import { Seen } from "./seen.js";
import { Supply } from "./supply.js";
import { Telling } from "./telling.js";
import { Zoom } from "./zoom.js";
import { t } from "./texts.js";

const LONG = 280; // characters from which a text is set smaller
const VERY_LONG = 1200;
const IN_FINDER = ["none", "about", "second"]; // acts whose keys, if they are no letters, work while a label is looked for

const at = (id) => document.getElementById(id);
const root = at("capture");
const url = root.dataset.url;
const start = JSON.parse(at("start").textContent);

const keys = new Keys(
  { acts: `noria:keys:${root.dataset.person}`, labels: `noria:keys:${url}:${root.dataset.person}` },
  { undo: "u", skip: "s", unsure: "n", none: "0", note: ",", about: ".", second: ";", apart: "x", zoom: "z", grid: "g", last: "=", whole: "-" },
);
const supply = new Supply(start.items, (count) => read(`${url}/items?count=${count}`), show);
const choices = new Choices(start.labels, (label) => (start.tags ? toggle(label) : answer("label", label)), start.tags, keys, () => guide.mark());
const newLabel = at("new-label") && new NewLabel(choices, (label) => take(label));
const guide = new Guide(choices, async (id) => (await read(`${url}/labels/${id}/examples`)).examples, (label) => take(label));
const zoomed = new Zoom(at("zoom"));
const keyDialog = new KeyDialog(keys, choices, () => {
  choices.rekey();
  if (choices.item) choices.offer();
});
const notes = new NoteDialog(writeNote);
const telling = new Telling(at("text"), at("telling"), at("whole"), (item, options) => read(`${url}/telling/${item.sampleId}?ticket=${item.telling}`, options));
const seen = new Seen(`noria:seen:${url}:${root.dataset.person}`);
const ofImages = start.kind === "Image"; // else of rows
const grid = new Grid(at("grid"), ofImages ? t("Image") : t("Row"), () => choices.offer(grid.current));
let many = false; // whether the grid is on show
const answers = new Answers({ url, person: root.dataset.person, newestAt: start.newestAt, mayMake: Boolean(newLabel) }, { supply, choices, seen }, { changed: show, say, leave: leaveFinder });

function show() {
  const item = supply.current;
  at("job").hidden = !item;
  const shared = !item && supply.elsewhere > 0;
  at("elsewhere").hidden = !shared;
  if (shared) at("elsewhere-n").textContent = plural(supply.elsewhere, "item is", "items are");
  at("empty").hidden = Boolean(item) || supply.busy || shared;
  at("undo").disabled = !answers.undoable;
  at("regret").hidden = Boolean(item) || !answers.undoable;
  if (!item) return;
  at("card").hidden = many;
  at("grid").hidden = at("grid-help").hidden = !many;
  if (many) {
    grid.show(supply.items);
    choices.offer(grid.current);
    return;
  }
  const text = at("text");
  if (item.row) text.innerHTML = item.row; // rendered and escaped by the server
  else if (item.image) showPicture(text, item);
  else text.textContent = item.data;
  text.classList.toggle("of-row", Boolean(item.row));
  text.classList.toggle("long", !item.row && item.data.length > LONG);
  text.classList.toggle("very-long", !item.row && item.data.length > VERY_LONG);
  text.scrollTop = 0;
  telling.show(item, supply.items[1]);
  at("card").classList.remove("arrived");
  requestAnimationFrame(() => at("card").classList.add("arrived"));
  showFacts(item);
  choices.offer(item);
}

function showPicture(place, item) {
  const picture = h("img", { src: item.image.large, alt: t("The image to label") });
  const button = h("button", { type: "button", class: "picture", "aria-label": t("Zoom the image"), click: () => zoom(item) }, picture);
  place.replaceChildren(button);
  for (const next of supply.items.slice(1, 4)) if (next.image) new Image().src = next.image.large;
}

function zoom(item = many ? grid.current : supply.current) {
  if (!item?.image) return;
  zoomed.open(item.image.large);
}

function showGrid(on) {
  many = on;
  supply.room(on ? SHOWN : 1);
  at("as-grid").setAttribute("aria-pressed", String(on));
  show();
  (on ? at("grid").querySelector("[tabindex='0']") : at("card"))?.focus({ preventScroll: true });
  if (on && supply.items.length < SHOWN) supply.refill();
}

function writeNote(item, note) {
  item.note = note;
  answers.note(item, note);
  if (supply.current && !many) showNote(supply.current);
  say(note ? t("The note is kept.") : t("The note is taken away."));
}

function showNote({ note }) {
  at("note").textContent = note ? t("Note: {note}", { note }) : "";
  at("note").hidden = !note;
}

function showFacts(item) {
  showNote(item);
  if (!item.blind) seen.add(item.sampleId);
  const facts = [t("captured {time}", { time: ago(item.capturedAt) })];
  if (item.count > 1) facts.unshift(t("seen {count} times: one answer settles all", { count: item.count }));
  at("facts").textContent = facts.join(" · ");
  at("why").textContent = item.blind && seen.has(item.sampleId)
    ? t("You have seen Noria's answer to this one before, so yours does not count as blind.")
    : item.blind ? [t("A blind one: Noria keeps its own answer back until you have given yours, so that it can't lead you."), start.blindEvery ? t("One in {n} is like this, and live accuracy rests on them.", { n: start.blindEvery }) : ""].join(" ")
    : item.reasons.length ? t("Captured at the time: {reasons}.", { reasons: because(item.reasons) }) : "";
  at("why-more").hidden = item.blind || !item.reasons.length;
  at("why-more").hash = item.reasons.length ? item.reasons[0].reason : "";
  showAlike(item);
}

function showAlike({ alike }) {
  at("alike").hidden = !alike.length;
  at("alike-words").textContent = t("Your answer is for {copies} too:", { copies: plural(alike.length, "near copy", "near copies") });
  at("alike").querySelector("ul").replaceChildren(...alike.map((other) => h("li", {}, brief(other, t("A near copy of the image")))));
}

/** Ask about the near copies one by one. */
function separate() {
  const n = supply.current?.alike.length;
  if (!n || many) return;
  supply.separate();
  show();
  say(t("{n} next, one by one.", { n: plural(n, "near copy comes", "near copies come") }));
}

function answer(action, label = null, second = false) {
  const items = many ? grid.targets() : [supply.current].filter(Boolean);
  if (!items.length) return;
  answers.give(items, action, { label, second, tags: action === "tags" ? choices.chosen : [] });
  const whom = items.length > 1 ? `${ofImages ? plural(items.length, "image") : plural(items.length, "row")}: ` : "";
  const words = label ? (second ? t("Labelled {name}, and somebody else is asked.", { name: label.name }) : t("Labelled {name}.", { name: label.name })) : action === "tags" ? t("Tags saved.") : action === "skip" ? t("Skipped.") : t("Noted as not sure.");
  show();
  leaveFinder();
  say(`${whom}${words} ${supply.current ? t("Next: {item}", { item: inWords(supply.current) }) : t("Nothing waits for you.")}`);
}

function say(words) {
  at("status").textContent = words.slice(0, 400);
}

function leaveFinder() {
  const { activeElement } = document;
  if (activeElement === choices.find || activeElement === document.body || activeElement.closest("#all-labels")) {
    at("card").focus({ preventScroll: true });
  }
}

/** For eyes and ears. */
function hint(words) {
  say(at("latest").textContent = words);
}

/** A key that takes what is marked or on offer found nothing, as at a blind item; true. */
function unmarked() {
  hint(choices.many ? t("Nothing is marked: type letters of a label, or press its own key.") : t("Nothing is marked: press the number of a label."));
  return true;
}

const acts = { skip: () => answer("skip"), unsure: () => answer("unsure"), undo: () => answers.undo(), keys: () => keyDialog.open(), last: () => answers.last.open() };
acts.note = () => {
  const item = many ? grid.current : supply.current;
  if (item) notes.open(item);
};
acts.about = () => guide.open() || hint(t("Mark a label first, by typing some of its letters."));
if (start.others) {
  acts.second = () => {
    const label = choices.marked();
    if (label) answer("label", label, true);
    else hint(t("Mark a label first: it is taken, and somebody else is asked, too."));
  };
}
if (newLabel) acts.none = () => newLabel.ask();
acts.whole = () => telling.toggle();
if (start.zooms) acts.zoom = () => zoom();
if (start.grid) acts.grid = () => showGrid(!many);

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  const finding = event.target === choices.find;
  if (many && event.target.matches(".cell") && grid.key(event)) return event.preventDefault();
  if (!finding && event.key === "Escape" && event.target.closest("#groups, summary, a")) return at("card").focus();
  if (!finding && (event.target.matches("input, select, textarea, summary, a") || !at("single-keys").checked)) return;
  if (!finding && event.target.matches("button:not(.cell)") && (event.key === "Enter" || event.key === " ")) return;
  if (act(event, finding)) event.preventDefault();
}

/** True when the key did something of ours. */
function act(event, finding) {
  const { key } = event;
  const named = keys.act(key);
  if (key === "Escape") return finding || choices.find.value ? (choices.clear(), at("card").focus(), true) : false;
  if (key === "?" && !finding) return acts.keys(), true;
  if ((named === "undo" || named === "last") && !finding && !event.repeat) return acts[named](), true;
  if (!supply.current) return false;
  if (key === "ArrowDown" || key === "ArrowUp") return mark(key === "ArrowDown" ? 1 : -1), true;
  if (event.repeat && !finding) return true; // a key held down must not label a row of items
  if (key === "Enter" && start.tags && !choices.find.value.trim()) return event.repeat ? true : (answer("tags"), true);
  if (key === "Enter") return event.repeat || take(choices.marked()) || (!finding && unmarked());
  if (key === " " && start.tags && !finding) return take(choices.marked());
  const own = finding ? undefined : choices.byId.get(keys.label(key)) ?? choices.lettered(event);
  if (own) return take(own);
  if (/^[1-9]$/.test(key)) return take(choices.numbered(Number(key))) || (!finding && unmarked());
  if (finding && (/\p{L}/u.test(key) || !IN_FINDER.includes(named) || (named === "about" && !choices.marked()))) return false;
  if (named === "apart" && supply.current.alike.length && !many) return separate(), true;
  if (acts[named]) return acts[named](), true;
  if (choices.many && key === "/") return choices.look(), true;
  if ([...key].length === 1 && /\p{L}/u.test(key)) return choices.many ? (choices.look(key), true) : mark(key);
  return false;
}

/** Put a tag on or take it off, by its key or a click. */
function toggle(label) {
  const on = choices.toggle(label);
  say((on ? t("{name} is on.", { name: label.name }) : t("{name} is off.", { name: label.name })));
  leaveFinder();
}

function take(label) {
  if (!label) return false;
  if (start.tags) return toggle(label), true;
  answer("label", label);
  return true;
}

/** Move the mark by steps, or to a label that begins with a letter. */
function mark(where) {
  const label = typeof where === "number" ? choices.move(where) : choices.seek(where);
  if (label) say(label.name);
  return Boolean(label);
}

for (const [id, name = id] of [["undo"], ["skip"], ["unsure"], ["keys"], ["none"], ["about"], ["second"], ["last"], ["whole"], ["annotate-note", "note"], ["as-grid", "grid"], ["look", "zoom"]]) {
  if (!at(id)) continue;
  at(id).addEventListener("click", (event) => {
    acts[name]();
    if (event.detail && id !== "as-grid" && !document.querySelector("dialog[open]")) at("card").focus({ preventScroll: true }); // after a mouse, Enter labels and does not click again
  });
}
at("grid").addEventListener("zoom", (event) => zoom(event.detail));
at("regret").addEventListener("click", acts.undo);
at("apart").addEventListener("click", separate);
at("save")?.addEventListener("click", () => answer("tags"));
document.addEventListener("keydown", onKey);
for (const part of document.querySelectorAll("[data-many]")) part.hidden = !choices.many;
for (const part of document.querySelectorAll("[data-lettered]")) part.hidden = !choices.letters.size;
for (const part of document.querySelectorAll("[data-few]")) part.hidden = choices.many;
at("single-keys").checked = singleKeys();
at("single-keys").addEventListener("change", (event) => {
  try {
    localStorage.setItem("noria:single-keys", event.target.checked ? "on" : "off");
  } catch { /* a browser that keeps nothing: until the page is left */ }
});

show();
if (supply.current) supply.refill();
if (supply.current && document.activeElement === document.body) at("card").focus({ preventScroll: true });
if (location.hash === "#keys") keyDialog.open();
answers.begin();
if (start.labels.length >= start.least) {
  follow(`${url}/events`, (parts) => {
    if (!supply.current && parts.queue) supply.refill();
  });
}
