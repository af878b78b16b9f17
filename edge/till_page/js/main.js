// Puts the till page together: one window claims the till, takes up its unanswered inputs and talks to the box.

import { canClaim, claim } from "./claim.js";
import { Courier } from "./courier.js";
import { byId, setText } from "./dom.js";
import { tellSheetIsOpen } from "./follow.js";
import { Keep } from "./keep.js";
import { Keys } from "./keys.js";
import { Link } from "./link.js";
import { Outbox } from "./outbox.js";
import { keepShell } from "./shell_keeper.js";
import { Sound } from "./sound.js";
import { Till } from "./till.js";
import { mountLines } from "./view_lines.js";
import { mountPanels } from "./panels/index.js";
import { loadStaff } from "./staff_list.js";
import { LoginView, ShiftView } from "./view_login.js";
import { mountMember } from "./view_member.js";
import { mountNotices } from "./view_notices.js";
import { mountPad } from "./view_pad.js";
import { mountSale } from "./view_sale.js";
import { mountStatus } from "./view_status.js";
import { Wedge } from "./wedge.js";
import { LANGUAGES, Words } from "./words.js";

const CLOCK_MS = 500; // ages and grace times move on without a message from the box
const LANGUAGE_KEY = "till-language";

const tillId = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const words = new Words();
const sound = new Sound();
const till = new Till(tillId, words, sound);
const login = new LoginView(till);
const shift = new ShiftView(till);

till.renderers = [
  () => document.body.dataset.screen !== till.screen && (document.body.dataset.screen = till.screen),
  mountLines(till),
  mountSale(till),
  mountPad(till),
  mountMember(till),
  mountPanels(till),
  () => tellSheetIsOpen(till),
  () => login.render(),
  () => shift.render(),
  mountStatus(till),
  mountNotices(till),
  () => setText(byId("setup-hq"), till.state?.hq_online ? words.t("Headquarters is connected.") : words.t("Headquarters is not connected yet.")),
];

async function speak(language) {
  await words.load(language);
  document.documentElement.lang = words.tag;
  document.title = `${words.t("Till")} ${tillId}`;
  const other = words.language === "en" ? "zh_CN" : "en";
  setText(byId("language-button"), LANGUAGES[other]);
  byId("language-button").lang = other.replace("_", "-");
  words.apply(document);
  till.newMoney();
  till.render();
}

byId("language-button").addEventListener("click", () => {
  const other = words.language === "en" ? "zh_CN" : "en";
  localStorage.setItem(LANGUAGE_KEY, other);
  speak(other);
});

/** A cashier brings a language; who is new at the till starts with empty fields. */
till.onState = (before) => {
  const { state } = till;
  if (state.mode === "login" && before?.mode !== "login") {
    login.reset();
    loadStaff(till);
  }
  if (state.mode !== before?.mode) shift.reset();
  const arrived = state.cashier_id && before !== null && state.cashier_id !== before.cashier_id;
  const language = state.language?.startsWith("zh") ? "zh_CN" : state.language;
  if (arrived && language in LANGUAGES && language !== words.language) speak(language);
};

function startLine(outbox) {
  const base = `/v1/tills/${encodeURIComponent(tillId)}`;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  let fresh = true;
  const link = new Link(`${scheme}://${location.host}${base}/ws`, `${base}/state`, {
    opened() {
      till.lineOpen = true;
      till.toldHolding = false; // a box that was away holds nothing back
      till.lineSince = link.sinceMs;
      fresh = true;
      courier.pump();
      till.render();
    },
    closed() {
      till.lineOpen = false;
      till.lineSince = link.sinceMs;
      courier.lineLost();
      till.render();
    },
    message(message) {
      const before = till.state;
      till.apply(message.state, fresh);
      fresh = false;
      if (message.kind === "answer") courier.answer(message, before);
      till.render();
    },
  });
  const courier = new Courier(outbox, link, `${base}/commands`, {
    answered: (entry, answer, before) => till.answered(entry, answer, before),
    unreadable: (entry, status) => till.unreadable(entry, status),
    message: (answer) => link.handlers.message(answer),
  });
  outbox.onChange = () => {
    courier.pump();
    till.render();
  };
  link.start();
  courier.pump();
  return { link, courier };
}

async function serve(steal) {
  const keep = new Keep(`tallystick-till-${tillId}`, (detail) => {
    till.keepTrouble = detail;
    till.render();
  });
  let line = null;
  const lost = () => {
    keep.freeze();
    line?.link.stop();
    till.outbox = null;
    till.screen = "elsewhere";
    till.render();
  };
  if (!(await claim(tillId, { steal, onLost: lost }))) {
    till.screen = "elsewhere";
    till.render();
    return;
  }
  till.screen = till.state?.mode ?? "connecting";
  const outbox = new Outbox(keep, () => {});
  outbox.restore(await keep.open());
  till.outbox = outbox;
  line = startLine(outbox);
  till.render();
}

const keys = new Keys(till, login, shift);
new Wedge({
  onScan: (code) => {
    sound.wake();
    if (till.screen !== "elsewhere") till.scan(code);
  },
  onTyped: (character) => keys.typed(character),
  onKey: (event) => keys.key(event),
}).attach(window);

// A finger must not take the focus: Enter would press the touched button again.
window.addEventListener("pointerdown", (event) => {
  sound.wake();
  if (event.target.closest("button")) event.preventDefault();
});
window.addEventListener("submit", (event) => event.preventDefault());
byId("take-over").addEventListener("click", () => serve(true));
setInterval(() => {
  till.notices.dropOld();
  till.render();
}, CLOCK_MS);

await speak(localStorage.getItem(LANGUAGE_KEY) ?? navigator.language.replace(/^zh.*/, "zh_CN").replace(/-.*/, ""));
if (canClaim()) await serve(false);
else {
  till.screen = "insecure";
  till.render();
}
keepShell();
