// The lines of the open sale, newest first. Rows are kept and only what changed is written: a scan costs one row.

import { byId, make, makeButton, setClass, setShown, setText } from "./dom.js";
import { weightText } from "./money.js";

export const nameOf = (line, language) => (language === "zh_CN" && line.name_zh ? line.name_zh : line.name);

export const amountText = (line, words) =>
  line.grams === null || line.grams === undefined ? words.n("{count} pc", "{count} pcs", line.quantity) : weightText(line.grams);

/** "4.50" or "19.80 / kg" */
export const unitText = (line, till) =>
  till.money.plain(line.unit_price_minor) + (line.grams === null || line.grams === undefined ? "" : " / kg");

function makeRow(lineNo, till) {
  const row = make("li");
  const button = makeButton("line", "", () => till.select(lineNo));
  button.tabIndex = -1;
  const name = make("span", "line-name");
  name.append(make("b"), make("small"));
  const unit = make("span", "line-unit");
  unit.append(make("s"), make("span"), make("em"));
  button.append(make("span", "line-no"), name, make("span", "line-amount"), unit, make("span", "line-net"));
  row.append(button);
  return row;
}

function writeRow(row, line, till) {
  const { words } = till;
  const [no, name, amount, unit, net] = row.firstChild.children;
  const lower = line.price_reason === "lower_label";
  setText(no, String(line.line_no));
  setText(name.firstChild, nameOf(line, words.language));
  setText(name.lastChild, line.gtin.replace(/^0+/, "") || line.item_id);
  setText(amount, amountText(line, words));
  setText(unit.children[0], lower ? till.money.plain(line.list_price_minor) : "");
  setText(unit.children[1], unitText(line, till));
  setText(unit.children[2], lower ? words.t("Label price") : "");
  setText(net, line.voided ? words.t("Taken off") : till.money.plain(line.net_minor));
  setClass(row.firstChild, "voided", line.voided);
  setClass(row.firstChild, "lower", lower);
  row.firstChild.disabled = line.voided;
}

export function mountLines(till) {
  const list = byId("lines");
  let rows = new Map();
  let written = new Map();
  let saleId = null;
  let look = "";
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
      let row = rows.get(line.line_no);
      if (row === undefined) {
        row = makeRow(line.line_no, till);
        rows.set(line.line_no, row);
        list.prepend(row);
      }
      const content = JSON.stringify(line);
      if (written.get(line.line_no) !== content) {
        writeRow(row, line, till);
        written.set(line.line_no, content);
      }
      setClass(row.firstChild, "newest", line.line_no === newest);
      setClass(row.firstChild, "chosen", line.line_no === till.selectedLine);
    }
    setShown(list, state.lines.length > 0);
  };
}
