// Finding one of many labels by a few letters.

const SPLIT = /[^\p{L}\p{N}]+/u;

/** What is known of a label's name, worked out once. */
export function prepared(labels) {
  return labels.map((label) => {
    const words = label.name.toLowerCase().split(SPLIT).filter(Boolean);
    return { ...label, lower: label.name.toLowerCase(), words, initials: words.map((word) => [...word][0]).join("") };
  });
}

/** Labels that match what was typed, best first; all of them, in order, when nothing was. */
export function matching(labels, typed) {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return labels;
  const parts = wanted.split(SPLIT).filter(Boolean);
  return labels
    .map((label, place) => ({ label, place, score: score(label, wanted, parts) }))
    .filter((found) => found.score > 0)
    .sort((a, b) => b.score - a.score || a.label.name.length - b.label.name.length || a.place - b.place)
    .map((found) => found.label);
}

/** What begins with the letters comes first, however its words are parted; then what has words that do; then the rest. */
function score(label, wanted, parts) {
  if (label.lower === wanted) return 7;
  if (label.lower.startsWith(wanted) || (parts.length && label.words.join(" ").startsWith(parts.join(" ")))) return 6;
  if (wordsBegin(label.words, parts)) return 5;
  if (label.initials.startsWith(wanted)) return 4;
  if (parts.length && parts.every((part) => label.lower.includes(part))) return 3;
  if (label.initials.includes(wanted)) return 2;
  return inOrder(label.words, wanted) ? 1 : 0;
}

/** Does each part begin a word, in the order given? "card arr" finds card_arrival. */
function wordsBegin(words, parts) {
  let from = 0;
  return parts.length > 0 && parts.every((part) => {
    const at = words.findIndex((word, place) => place >= from && word.startsWith(part));
    from = at + 1;
    return at >= 0;
  });
}

/** Are the letters beginnings of words, one word after another? "caarr" finds card_arrival too. */
function inOrder(words, wanted) {
  const reached = new Set([0]); // how many letters the words so far can account for
  for (const word of words) {
    for (const at of [...reached]) {
      for (let n = 1; at + n <= wanted.length && word[n - 1] === wanted[at + n - 1]; n++) reached.add(at + n);
    }
  }
  return reached.has(wanted.length);
}
