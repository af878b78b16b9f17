// Words on the page: the English text is the key; the bench serves a catalogue per language.

const LANGUAGE_KEY = "bench-language";
export const LANGUAGES = { en: "English", zh_CN: "简体中文" };

let messages = {};
export let language = "en";

/** The words of a key, with its values filled in. */
export const t = (key, values = {}) =>
  (messages[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

export function wanted() {
  const kept = localStorage.getItem(LANGUAGE_KEY);
  if (kept in LANGUAGES) return kept;
  return navigator.language.startsWith("zh") ? "zh_CN" : "en";
}

export function keep(chosen) {
  localStorage.setItem(LANGUAGE_KEY, chosen);
}

export async function load(chosen) {
  const answer = await fetch(`/locale/${chosen}`);
  if (!answer.ok) return;
  messages = (await answer.json()).messages;
  language = chosen;
  document.documentElement.lang = chosen.replace("_", "-");
  document.title = t("Simulator bench");
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const node of document.querySelectorAll("[data-t-title]")) node.title = t(node.dataset.tTitle);
}

/** A thing's name in the language of the page. */
export const nameOf = (goods) => (language === "zh_CN" && goods.name_zh ? goods.name_zh : goods.name);
