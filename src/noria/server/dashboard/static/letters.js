// A key for each of a few dozen labels, the same at every item: Shift with a letter of its name.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const MOST = 40; // of more labels only a small part would have one: they are found by typing

/** Letters by label id: of a label's words their first ones, else one of its name, else any; earlier labels choose first, so that a new one changes none.   taken(letter): whether it means something else.   risky(letter): whether it does without Shift, so that another is better. */
export function lettersFor(labels, taken, risky) {
  const free = new Set([...LETTERS].filter((letter) => !taken(letter)));
  const letters = new Map();
  if (labels.length > MOST) return letters;
  for (const label of labels) {
    const possible = [...wishes(label), ...LETTERS].filter((wish) => free.has(wish));
    const letter = possible.find((wish) => !risky(wish)) ?? possible[0];
    if (!letter) break;
    free.delete(letter);
    letters.set(label.id, letter);
  }
  return letters;
}

function wishes({ words }) {
  const plain = words.map((word) => word.normalize("NFD").toUpperCase());
  return [...plain.map((word) => word[0]), ...plain.join("")];
}

/** The letter that a key with Shift stands for: the one on it, on any layout of Latin letters; elsewhere the one in its place on a US keyboard. */
export function letterOf({ key, code, shiftKey }) {
  if (!shiftKey || [...key].length !== 1) return null;
  const letter = key.toUpperCase(); // small where Caps Lock is on
  if (LETTERS.includes(letter)) return letter;
  return /\p{L}/u.test(key) && /^Key[A-Z]$/.test(code) ? code.at(-1) : null;
}
