// The customer's lines, in the order they were scanned; the newest is scrolled to.

import { byId, make, setChildren, setClass, setText } from "../dom.js";
import { amountText, nameOf, offersOf, unitText } from "../names.js";

function makeRow() {
  const row = make("li");
  const name = make("span", "name");
  name.append(make("b"), make("small"), make("em"));
  const net = make("span", "net");
  net.append(make("s"), make("b"));
  row.append(name, net);
  return row;
}

function writeRow(row, line, { words, money }) {
  const [name, net] = row.children;
  const saves = line.gross_minor > line.net_minor && line.net_minor >= 0;
  const back = line.line_no.startsWith("back-");
  const amount = back ? `${amountText(line, words)} · ${words.t("comes back")}` : `${amountText(line, words)} × ${unitText(line, money)}`;
  setText(name.children[0], nameOf(line, words.language));
  setText(name.children[1], amount);
  setText(name.children[2], offersOf(line, words.language).join(" · "));
  setText(net.children[0], saves ? money.plain(line.gross_minor) : "");
  setText(net.children[1], (line.net_minor < 0 ? "−" : "") + money.plain(line.net_minor));
  setClass(row, "saves", saves);
  setClass(row, "back", back);
}

export function mountLines(view) {
  const list = byId("lines");
  let shown = 0;
  return () => {
    const lines = new Map(view.state.lines.map((line) => [line.line_no, line]));
    setChildren(list, [...lines.keys()], makeRow, (row, key) => writeRow(row, lines.get(key), view));
    if (lines.size > shown) list.lastElementChild?.scrollIntoView({ block: "end" });
    shown = lines.size;
  };
}
