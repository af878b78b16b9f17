// Puts the bench page together: cards made from what the bench tells, refreshed while it runs.

import { get, knowSeed, mountScript, onPost, post } from "./api.js";
import { cardReaderCard } from "./cards.js";
import { button, byId, make, setText } from "./dom.js";
import { displayCard } from "./display.js";
import { faultName } from "./faults.js";
import { shelfCard } from "./labels.js";
import { terminalCard } from "./payments.js";
import { printerCard } from "./printer.js";
import { mountReaders } from "./readers.js";
import { scaleCard } from "./scale.js";
import { scannerCard } from "./scanner.js";
import { wireTerminalCard } from "./terminals.js";
import { busCard, counterCard, mqttSensorCard } from "./sensors.js";
import { LANGUAGES, keep, language, load, t, wanted } from "./words.js";

const REFRESH_MS = 600;
const AFTER_POST_MS = 400; // what the bench told before a command of ours does not undo what the page shows

/** Kind in /state -> how it looks, where it stands, its name in the bar at the top. */
const KINDS = {
  scanners: { make: scannerCard, host: "column-scanners", words: "Scanners" },
  scales: { make: scaleCard, host: "column-scales", words: "Scales" },
  printers: { make: printerCard, host: "column-printers", words: "Printers" },
  displays: { make: displayCard, host: "column-printers", words: "Customer displays" },
  payment_terminals: { make: terminalCard, host: "column-printers", words: "Payment terminals" },
  card_readers: { make: cardReaderCard, host: "column-scanners", words: "Card readers" },
  terminals: { make: wireTerminalCard, host: "column-printers", words: "Terminals on makers' wires" },
  modbus_buses: { make: busCard, host: "column-scales", words: "Sensors" },
  mqtt_sensors: { make: mqttSensorCard, host: "column-scales", words: "Sensors on MQTT" },
  people_counters: { make: counterCard, host: "column-scanners", words: "People counters" },
  access_points: { make: shelfCard, host: "shelves", words: "Labels" },
  ble_points: { make: (view, bench) => shelfCard(view, bench, "ble_points"), host: "shelves", words: "Bluetooth labels" },
};

let cards = new Map();
let showReaders = async () => [];
let postedAt = -Infinity;
let latest = null;
const context = {
  goods: [],
  proxy: (id) => latest?.proxies.find((each) => each.id === id) ?? null,
  busy: () => performance.now() - postedAt < AFTER_POST_MS,
};

function tillsOf(state, id) {
  const at = state.tills.filter((till) => [till.scale, till.printer, till.scanner, till.terminal, till.card_reader, till.codes, till.display].includes(id)).map((till) => till.id);
  return at.length > 0 ? t("till {ids}", { ids: at.join(", ") }) : "";
}

function showBar(state, readers) {
  const nav = byId("nav");
  const links = [...Object.entries(KINDS), ["readers", { words: "Portals" }]].flatMap(([kind, { words }]) => {
    const first = ((kind === "readers" ? readers : state[kind]) ?? [])[0];
    if (!first) return [];
    const link = make("a", "", t(words));
    link.href = `#device-${first.id}`;
    return [link];
  });
  if (nav.textContent !== links.map((link) => link.textContent).join("")) nav.replaceChildren(...links);
  setText(byId("mode"), t("{mode} mode", { mode: state.mode }));
  setText(byId("seed"), t("seed {seed}", { seed: state.seed }));
}

/** Faults of readers, which /state does not tell. */
const faultsOf = (reader) => Object.entries({ unplugged: reader.plugged_in === false, ...reader.faults })
  .filter(([, value]) => value)
  .map(([fault, value]) => ({ id: reader.id, fault, value: String(value) }));

function showFaults(state, readers) {
  const loose = byId("chaos");
  loose.classList.toggle("on", state.chaos);
  loose.setAttribute("aria-pressed", String(state.chaos));
  loose.onclick = () => post("/chaos", { on: !state.chaos });
  const host = byId("faults");
  const told = new Set(state.faults.map((fault) => fault.id));
  const all = [...state.faults, ...readers.filter((reader) => !told.has(reader.id)).flatMap(faultsOf)];
  const text = all.map((fault) => `${fault.id}: ${faultName(fault.fault)}${["true", "1"].includes(fault.value) ? "" : ` ${fault.value}`}`);
  const key = `${text.join("|")}${language}${state.chaos}`;
  if (host.dataset.key === key) return;
  host.dataset.key = key;
  if (text.length === 0) host.replaceChildren(make("span", "fine", t("No fault is switched on.")));
  else host.replaceChildren(...text.map((each) => make("span", "chip", each)));
  if (text.length > 0 || state.chaos) host.append(button(t("Put everything in order"), () => post("/heal")));
}

async function refresh() {
  const told = await get("/state");
  const state = { ...told, ...told.more };
  latest = state;
  knowSeed(state.seed);
  if (state.goods !== context.goods.length) {
    context.goods = (await get("/goods")) ?? [];
    makeAnew();
  }
  for (const [kind, look] of Object.entries(KINDS))
    for (const view of state[kind] ?? []) {
      const key = `${kind} ${view.id}`;
      if (!cards.has(key)) {
        const made = look.make(view, context);
        const till = tillsOf(state, view.id);
        if (till) made.section.querySelector("h2 small").before(make("span", "badge", till));
        byId(look.host).append(made.section);
        cards.set(key, made);
      }
      cards.get(key).show(view, state);
    }
  const readers = await showReaders(state);
  showBar(state, readers);
  showFaults(state, readers);
}

async function run() {
  for (;;) {
    try {
      await refresh();
      byId("gone").hidden = true;
    } catch {
      byId("gone").hidden = false;
    }
    await new Promise((resume) => setTimeout(resume, REFRESH_MS));
  }
}

/** Another language: every card is made anew. */
async function speak(chosen) {
  await load(chosen);
  const other = chosen === "en" ? "zh_CN" : "en";
  const key = byId("language");
  setText(key, LANGUAGES[other]);
  key.lang = other.replace("_", "-");
  key.onclick = () => {
    keep(other);
    speak(other);
  };
  makeAnew();
}

function makeAnew() {
  for (const card of cards.values()) card.section.remove();
  cards = new Map();
  showReaders = mountReaders(context);
}

onPost(() => {
  postedAt = performance.now();
  refresh().catch(() => {});
});
mountScript();
await speak(wanted());
await run();
