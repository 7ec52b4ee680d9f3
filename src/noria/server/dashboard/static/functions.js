// The list of functions, whose figures come as they are worked out: only the cards that wait are put in anew.

const FIRST_MS = 400;
const LONGEST_MS = 5000;

async function renew(wait) {
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const there = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll(".cards [data-coming]")) {
      const card = part.closest(".cards > li");
      const made = card && there.getElementById(card.id);
      if (made && !card.contains(document.activeElement)) card.replaceWith(made);
    }
  } catch {
    // a line that is down is tried again
  }
  if (document.querySelector(".cards [data-coming]")) later(Math.min(2 * wait, LONGEST_MS));
}

function later(wait) {
  setTimeout(() => renew(wait), wait);
}

later(FIRST_MS);
