// The lines of the open sale, newest first, with what offers took off; goods coming back above them. Rows are kept and only
// what changed is written: a scan costs one row.

import { byId, make, makeButton, setClass, setShown, setText } from "./dom.js";
import { weightText } from "./money.js";
import { amountText, nameOf, offersOf, unitText } from "./names.js";

function makeRow(onPress) {
  const row = make("li");
  const button = makeButton("line", "", onPress);
  button.tabIndex = -1;
  const name = make("span", "line-name");
  name.append(make("b"), make("small"), make("em"));
  const unit = make("span", "line-unit");
  unit.append(make("s"), make("span"), make("em"));
  const net = make("span", "line-net");
  net.append(make("s"), make("b"));
  button.append(make("span", "line-no"), name, make("span", "line-amount"), unit, net);
  row.append(button);
  return row;
}

/** Code, batch, serial number, date, tare, what a person allowed, too few in stock: only what the line has. */
function detailText(line, words) {
  const detail = [line.line_kind && line.line_kind !== "goods" ? words.code("line_kind", line.line_kind) : (line.gtin ?? "").replace(/^0+/, "") || line.item_id];
  if (line.batch) detail.push(words.t("batch {batch}", { batch: line.batch }));
  if (line.serial) detail.push(words.t("no. {serial}", { serial: line.serial }));
  if (line.expires) detail.push(words.t("until {day}", { day: line.expires }));
  if (line.tare_grams) detail.push(words.t("tare {weight}", { weight: weightText(line.tare_grams) }));
  if (line.tags) detail.push(words.n("{count} tag", "{count} tags", line.tags));
  for (const what of line.overrides ?? []) detail.push(words.code("override", what));
  if (line.beyond_stock) detail.push(words.t("more than the stock records have"));
  return detail.join(" · ");
}

const PRICE_NOTES = {
  lower_label: "Label price",
  label_code: "Price on the pack",
  member: "Member price",
  manual: "Changed by hand",
  order: "As ordered",
};

function writeRow(row, line, till) {
  const { words, money } = till;
  const [no, name, amount, unit, net] = row.firstChild.children;
  const lower = line.unit_price_minor < line.list_price_minor;
  const gross = line.gross_minor ?? 0;
  setText(no, String(line.line_no));
  setText(name.children[0], nameOf(line, words.language));
  setText(name.children[1], detailText(line, words));
  setText(name.children[2], line.voided ? "" : offersOf(line, words.language).join(" · "));
  setText(amount, amountText(line, words));
  setText(unit.children[0], lower ? money.plain(line.list_price_minor) : "");
  setText(unit.children[1], unitText(line, money));
  setText(unit.children[2], line.price_reason in PRICE_NOTES ? words.t(PRICE_NOTES[line.price_reason]) : "");
  setText(net.children[0], !line.voided && gross > line.net_minor ? money.plain(gross) : "");
  setText(net.children[1], line.voided ? words.t("Taken off") : money.plain(line.net_minor));
  setClass(row.firstChild, "voided", line.voided);
  setClass(row.firstChild, "lower", lower);
  setClass(row.firstChild, "saves", !line.voided && gross > line.net_minor);
  row.firstChild.disabled = line.voided;
}

function writeReturn(row, back, till) {
  const { words, money } = till;
  const [no, name, amount, unit, net] = row.firstChild.children;
  setText(no, "↩");
  setText(name.children[0], nameOf(back, words.language));
  setText(name.children[1], [back.receipt || words.t("no receipt"), words.code("return_reason", back.reason)].join(" · "));
  setText(amount, amountText(back, words));
  setText(unit.children[1], words.t("comes back"));
  setText(net.children[1], `−${money.plain(back.refund_minor)}`);
  setClass(row.firstChild, "back", true);
}

export function mountLines(till) {
  const list = byId("lines");
  let rows = new Map();
  let written = new Map();
  let saleId = null;
  let look = "";
  const rowOf = (key, onPress) => {
    let row = rows.get(key);
    if (row === undefined) {
      row = makeRow(onPress);
      rows.set(key, row);
      list.prepend(row);
    }
    return row;
  };
  const write = (key, row, value, writer) => {
    const content = JSON.stringify(value);
    if (written.get(key) === content) return;
    writer(row, value, till);
    written.set(key, content);
  };
  return () => {
    const state = till.state;
    if (state === null) return;
    const nowLook = `${till.words.language}/${state.currency}`;
    if (state.sale_id !== saleId || look !== nowLook) {
      list.replaceChildren();
      rows = new Map();
      written = new Map();
      saleId = state.sale_id;
      look = nowLook;
    }
    const newest = state.lines.at(-1)?.line_no;
    for (const line of state.lines) {
      const row = rowOf(line.line_no, () => till.select(line.line_no));
      write(line.line_no, row, line, writeRow);
      setClass(row.firstChild, "newest", line.line_no === newest);
      setClass(row.firstChild, "chosen", line.line_no === till.selectedLine);
    }
    const returns = state.returns ?? [];
    for (const back of returns) write(`back-${back.return_no}`, rowOf(`back-${back.return_no}`, () => till.openPanel("return")), back, writeReturn);
    dropGone(rows, written, new Set([...state.lines.map((line) => line.line_no), ...returns.map((back) => `back-${back.return_no}`)]));
    setShown(list, rows.size > 0);
  };
}

function dropGone(rows, written, there) {
  for (const [key, row] of rows) {
    if (there.has(key)) continue;
    row.remove();
    rows.delete(key);
    written.delete(key);
  }
}
