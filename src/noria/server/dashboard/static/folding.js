// Which parts of a long text are left when it is folded; all in JavaScript's units.

const FOLDED_FROM = 700; // units: a text this long is folded
const BEGINNING = 140; // units of it that are always there
const LITTLE = 0.8; // of the text: where more would be left, it stays whole

/** The parts of a text that are left when it is folded, or null where little would be won. */
export function foldable(text, pieces) {
  if (text.length < FOLDED_FROM || !pieces.length) return null;
  const first = text.slice(0, BEGINNING).search(/\s\S*$/);
  const parts = [[0, first > 0 ? first : wholeCharacters(text, BEGINNING)]];
  for (const [from, to] of pieces) {
    const last = parts.at(-1);
    if (!text.slice(last[1], from).trim()) last[1] = Math.max(last[1], to);
    else parts.push([from, to]);
  }
  const left = parts.reduce((sum, [from, to]) => sum + to - from, 0);
  return left < LITTLE * text.length ? parts : null;
}

/** About so many units, none of them half a character. */
function wholeCharacters(text, about) {
  const parts = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text.slice(0, about + 40));
  let end = 0;
  for (const { index, segment } of parts) if (index < about) end = index + segment.length;
  return end;
}

/** Spans of characters as the server counts them, in JavaScript's units. */
export function inUnits(text, spans) {
  if (!/[\ud800-\udbff]/.test(text)) return spans;
  const at = [0];
  for (const character of text) at.push(at.at(-1) + character.length);
  return spans.map(([from, to]) => [at[from], at[to]]);
}
