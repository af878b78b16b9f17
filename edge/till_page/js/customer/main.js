// The customer's display: shows what the box pushes, sends nothing. Its own line, its own language.

import { byId, setShown, setText } from "../dom.js";
import { Link } from "../link.js";
import { Money, weightText } from "../money.js";
import { hintText } from "../names.js";
import { LANGUAGES, Words } from "../words.js";
import { mountLines } from "./lines.js";
import { drawQr } from "./qr.js";

const LANGUAGE_KEY = "customer-language";
const tillId = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const words = new Words();
const view = { words, state: null, money: new Money("en", "", 2) };
const renderLines = mountLines(view);

async function speak(language) {
  await words.load(language);
  document.documentElement.lang = words.tag;
  const other = words.language === "en" ? "zh_CN" : "en";
  setText(byId("language-button"), LANGUAGES[other]);
  words.apply(document);
  render();
}

function renderMember(state) {
  const { member } = state;
  setShown(byId("member"), member !== null);
  if (member === null) return;
  const greeting = member.birthday ? words.t("Happy birthday, {name}!", { name: member.name }) : words.t("Hello, {name}", { name: member.name });
  setText(byId("member-greeting"), greeting);
  const facts = [words.n("{count} point", "{count} points", member.points)];
  if (member.points_to_earn > 0) facts.push(words.t("+{count} today", { count: String(member.points_to_earn) }));
  setText(byId("member-facts"), facts.join(" · "));
}

function renderSums(state) {
  const { money } = view;
  const saves = state.saved_minor > 0;
  const back = state.remaining_minor < 0;
  setShown(byId("gross-row"), saves);
  setText(byId("gross"), money.text(state.gross_minor));
  setShown(byId("saved-row"), saves);
  setText(byId("saved"), money.text(state.saved_minor));
  setShown(byId("paid-row"), state.paid_minor > 0);
  setText(byId("paid-so-far"), money.text(state.paid_minor));
  setText(byId("total-word"), back ? words.t("You get back") : state.paid_minor > 0 ? words.t("Still to pay") : words.t("To pay"));
  setText(byId("total"), money.text(Math.abs(state.remaining_minor)));
  const hint = state.hints[0];
  setText(byId("hints"), hint ? hintText(hint, words, money) : "");
  setShown(byId("hints"), hint !== undefined);
  setShown(byId("payment"), state.payment !== "");
  setText(byId("payment"), state.payment === "asking" ? words.t("Please follow the card terminal or show your code.") : words.t("One moment, please: your payment is being checked."));
}

function renderPaid(state) {
  const { paid } = state;
  if (paid === null) return;
  const { money } = view;
  setShown(byId("change-row"), paid.change_minor > 0);
  setText(byId("change"), money.text(paid.change_minor));
  setText(byId("paid-due"), money.text(paid.due_minor));
  setText(byId("receipt"), paid.receipt);
  drawQr(byId("qr"), paid.qr);
}

function render() {
  const { state } = view;
  if (state === null) return;
  view.money = new Money(words.tag, state.currency, state.minor_digits);
  document.body.dataset.mode = state.mode;
  document.title = state.store_name;
  setText(byId("store"), state.store_name);
  setText(byId("welcome-scale"), state.grams > 0 ? weightText(state.grams) : "");
  renderMember(state);
  renderLines();
  renderSums(state);
  renderPaid(state);
}

byId("language-button").addEventListener("click", () => {
  const other = words.language === "en" ? "zh_CN" : "en";
  localStorage.setItem(LANGUAGE_KEY, other);
  speak(other);
});

await speak(localStorage.getItem(LANGUAGE_KEY) ?? navigator.language.replace(/^zh.*/, "zh_CN").replace(/-.*/, ""));
const base = `/v1/tills/${encodeURIComponent(tillId)}`;
new Link(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${base}/customer/ws`, "/v1/health", {
  opened() {},
  closed() {
    // A display that shows an old basket would be believed.
    document.body.dataset.mode = "connecting";
  },
  message(state) {
    view.state = state;
    render();
  },
}).start();
