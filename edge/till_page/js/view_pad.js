// The pad that reads tags: how many pieces lie on it, one touch sells them; what cannot be sold by its tag is named.

import { byId, make, setChildren, setClass, setDisabled, setShown, setText } from "./dom.js";
import { nameOf } from "./names.js";

const LEFT_OUT_SHOWN_MAX = 3;

function padWords(pad, words) {
  if (pad.state === "empty") return words.t("Put the goods on the pad");
  if (pad.state === "reading") return words.t("Reading …");
  if (pad.new > 0) return words.n("Sell {count} piece", "Sell {count} pieces", pad.new);
  if (pad.in_basket > 0) return words.t("All on the pad is in the sale");
  return words.t("Nothing on the pad can be sold by its tag");
}

function renderLeftOut(pad, words) {
  const shown = new Map((pad.left_out ?? []).slice(0, LEFT_OUT_SHOWN_MAX).map((tag) => [tag.epc, tag]));
  setChildren(byId("pad-left-out"), [...shown.keys()], () => make("li"), (row, key) => {
    const tag = shown.get(key);
    const name = nameOf(tag, words.language) || words.t("a tag that is no product's");
    setText(row, `${name}${words.language === "zh_CN" ? "：" : ": "}${words.code("pad_state", tag.state)}`);
  });
  setShown(byId("pad-left-out"), shown.size > 0);
}

export function mountPad(till) {
  let sent = ""; // what was on the pad when it was sold without a touch: once each
  const sell = () => till.act({ kind: "add_tags" });
  byId("pad-sell").addEventListener("click", sell);
  return () => {
    const { state, words, outbox } = till;
    const pad = state?.mode === "sale" ? (state.pad ?? null) : null;
    setShown(byId("pad-card"), pad !== null);
    if (pad === null) return;
    const ready = pad.state === "settled" && pad.new > 0;
    const busy = outbox?.awaits("add_tags") ?? false;
    setText(byId("pad-words"), busy ? words.t("Reading …") : padWords(pad, words));
    setText(byId("pad-count"), String(pad.new + pad.in_basket));
    setClass(byId("pad-card"), "ready", ready && !busy);
    setClass(byId("pad-card"), "reading", pad.state === "reading" || busy);
    setDisabled(byId("pad-sell"), !ready || busy);
    renderLeftOut(pad, words);
    if (pad.state === "empty") sent = "";
    const now = `${state.sale_id ?? ""}/${pad.new}/${pad.in_basket}`;
    if (pad.auto && ready && !busy && till.panel === null && sent !== now) {
      sent = now;
      till.input({ kind: "add_tags" });
    }
  };
}
