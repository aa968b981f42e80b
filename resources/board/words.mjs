// The sentences of the page in both languages, as the engine keeps them. Vietnamese first.

const known = { sentences: { vi: {}, en: {} }, values: {} };
let language = "vi";

export async function load() {
  const answer = await fetch("words.json");
  Object.assign(known, await answer.json());
}

export const current = () => language;

export function speak(wanted) {
  language = wanted === "en" ? "en" : "vi";
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  document.title = word("title");
}

/** The sentence of a key; `{name}` is filled from `given`. */
export function word(key, given = {}) {
  const text = known.sentences[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in given ? String(given[name]) : whole));
}

/** A coded value in words: of a list of the catalogue, else of the page; a code nobody knows is shown as it is. */
export function value(list, code) {
  if (!code) return "";
  if (Object.hasOwn(known.values[list] ?? {}, code)) return known.values[list][code][language];
  return known.sentences[language][`${list}.${code}`] ?? code;
}

const place = () => (language === "en" ? "en-GB" : "vi-VN");

export const number = (many, digits = 0) =>
  new Intl.NumberFormat(place(), { maximumFractionDigits: digits }).format(many);

/** Hectares from one hectare on, else square metres. */
export const area = (m2) =>
  m2 === null ? "" : m2 >= 10_000 ? `${number(m2 / 10_000, 2)} ha` : `${number(m2)} m²`;

export function day(text) {
  const [year, month, date] = String(text).slice(0, 10).split("-");
  if (!date) return "";
  return language === "en" ? `${year}-${month}-${date}` : `${date}/${month}/${year}`;
}

export const clock = (moment) => moment.toLocaleTimeString(place(), { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** How long ago, in the largest unit that fits; nothing for a moment that is none or still to come. */
export function age(text, now = Date.now()) {
  const minutes = Math.floor((now - Date.parse(text)) / 60_000);
  if (!(minutes >= 0)) return "";
  if (minutes < 60) return word("age_minutes", { n: number(minutes) });
  if (minutes < 48 * 60) return word("age_hours", { n: number(Math.floor(minutes / 60)) });
  return word("age_days", { n: number(Math.floor(minutes / 1440)) });
}
