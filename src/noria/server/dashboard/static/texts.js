// Texts of scripts in the reader's language; what has no translation is English.

const known = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");
const kinds = new Intl.PluralRules(document.documentElement.lang);
const order = ["zero", "one", "two", "few", "many", "other"].filter((each) => kinds.resolvedOptions().pluralCategories.includes(each));

/** The text, with facts in the places of their {names}. */
export function t(text, facts = {}) {
  const said = known[text] ?? text;
  return said.replace(/\{(\w+)\}/g, (place, name) => facts[name] ?? place);
}

/** The form of a noun that goes with a number. */
export function numbered(n, one, many) {
  const forms = Array.isArray(known[one]) ? known[one] : [one, many];
  return forms[Math.min(order.indexOf(kinds.select(n)), forms.length - 1)];
}
