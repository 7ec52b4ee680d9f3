// What is pressed before a page's modules are there waits for them. A classic script at the head of each page: it runs
// before anything is shown, and every module has run when the document's content is loaded.

const waiting = [];

function wait(event) {
  if (event.type === "keydown" || answeredByScript(event.target)) waiting.push(event);
}

/** Whether a click does nothing here by itself: a button of no form that opens nothing. */
function answeredByScript(target) {
  const button = target.closest("button");
  return Boolean(button) && (button.type === "button" || !button.form) && !button.hasAttribute("popovertarget");
}

function giveAgain(event) {
  const target = event.target.isConnected ? event.target : document.body;
  target.dispatchEvent(new event.constructor(event.type, event)); // the init object's fields are the event's own
}

for (const type of ["keydown", "click"]) addEventListener(type, wait, true);
addEventListener("DOMContentLoaded", () => {
  for (const type of ["keydown", "click"]) removeEventListener(type, wait, true);
  waiting.forEach(giveAgain);
});
