// Names of goods, offers and people in the language of the screen, and amounts of goods in words.

import { weightText } from "./money.js";

export const nameOf = (line, language) => (language === "zh_CN" && line.name_zh ? line.name_zh : line.name);

export const offersOf = (line, language) => (language === "zh_CN" && line.offers_zh?.length ? line.offers_zh : (line.offers ?? []));

export const isWeighed = (line) => line.grams !== null && line.grams !== undefined;

export const amountText = (line, words) =>
  isWeighed(line) ? weightText(line.grams) : words.n("{count} pc", "{count} pcs", line.quantity);

/** "4.50" or "19.80 / kg" */
export const unitText = (line, money) => money.plain(line.unit_price_minor) + (isWeighed(line) ? " / kg" : "");

/** "14:05" in the browser's time zone, which is the store's. */
export const timeText = (ms, tag) => new Intl.DateTimeFormat(tag, { hour: "2-digit", minute: "2-digit" }).format(ms);

export const dayText = (ms, tag) => new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short" }).format(ms);

/** "Add 7.10 to save 40.00" in words, by what is missing. */
export function hintText(hint, words, money) {
  const values = { save: money.text(hint.save_minor), name: nameOf(hint, words.language) };
  if (hint.add_units > 0) return words.n("{count} more: save {save}", "{count} more: save {save}", hint.add_units, values);
  return words.t("{amount} more: save {save}", { ...values, amount: money.text(hint.add_minor) });
}
