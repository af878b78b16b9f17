// RFID portals: tags that walk past, what is read, lamps at the outputs. Shown when the bench has readers.

import { get, post } from "./api.js";
import { button, byId, card, make, row, setText } from "./dom.js";
import { faultPanel, toggle } from "./faults.js";
import { sgtin96 } from "./sgtin.js";
import { nameOf, t } from "./words.js";

const SERIALS = 1_000_000;
let serial = Date.now() % SERIALS; // tags of one session differ from those of the last

/** Walk -> words. What is not here is shown by its name. */
const WALKS = {
  in: "in", out: "out", turn_back_inside: "up to the door from inside and back", turn_back_outside: "up to the door from outside and back",
  pause_out: "out, with a stop in the door", tail_gate: "two out, close behind each other", crossing: "one in, one out",
  trolley_in: "trolley in", trolley_out: "trolley out", static: "hangs beside the gate", chatter: "sways at the edge of reach",
  pass_by: "passes by inside",
};
const walkName = (name) => (name in WALKS ? t(WALKS[name]) : name.replaceAll("_", " "));
const RSSI_FLOOR = -75; // dBm: the bar is empty
const RSSI_SPAN = 40;

/** Small keys that show a level and change it, if they can be changed. */
function levels(title, ports, name, send) {
  const keys = ports.map((port) => {
    const key = button(name(port), () => send?.(port, !key.classList.contains("on")), "port");
    if (!send) key.disabled = true;
    return key;
  });
  return {
    node: make("div", "ports", make("small", "", title), ...keys),
    show: (now) => now.forEach((port, at) => {
      keys[at]?.classList.toggle("on", port.high);
      keys[at]?.setAttribute("aria-pressed", String(port.high));
    }),
  };
}

/** The newest reads: EPC, antenna, a bar as loud as the tag. */
function readList() {
  const list = make("div", "reads");
  const none = make("p", "soft", t("No tag is being read."));
  return {
    node: list,
    show(reads) {
      if (reads.length === 0) {
        list.replaceChildren(none);
        return;
      }
      list.replaceChildren(...reads.map((each) => {
        const bar = make("i");
        bar.style.width = `${Math.max(3, Math.min(100, ((each.rssi_dbm - RSSI_FLOOR) / RSSI_SPAN) * 100))}%`;
        return make("div", "read", make("code", "", each.epc), make("span", "", t("antenna {number}", { number: each.antenna })),
          make("span", "loud", bar), make("b", "", `${each.rssi_dbm} dBm`), make("small", "", `× ${each.reads}`));
      }));
    },
  };
}

/** The field of each antenna, seen from above: loud while it reads. */
function zones(antennas) {
  const fields = antennas.map((each) => {
    const count = make("b", "", "");
    const node = make("div", "zone", make("span", "", String(each.antenna)), count);
    return { node, count };
  });
  const node = make("div", "zones", ...fields.map((each) => each.node));
  return {
    node,
    show(now, reads) {
      now.forEach((each, at) => {
        const tags = reads.filter((read) => read.antenna === each.antenna).length;
        fields[at]?.node.classList.toggle("reads", tags > 0 && each.connected);
        fields[at]?.node.classList.toggle("gone", !each.connected);
        if (fields[at]) setText(fields[at].count, tags > 0 ? String(tags) : "");
        if (fields[at]) fields[at].node.title = each.connected ? t("antenna {number}: {count} tags", { number: each.antenna, count: tags }) : t("unplugged");
      });
    },
  };
}

function readerCard(view, context) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/readers/${view.id}`;
  const tags = make("textarea", "tags");
  tags.placeholder = t("One EPC per line, 24 hex digits");
  tags.setAttribute("aria-label", t("Tags"));
  tags.spellcheck = false;
  const epcs = () => tags.value.split(/\s+/).filter(Boolean);
  const pass = (direction) => (epcs().length > 0 ? post(`${at}/passes`, { epcs: epcs(), direction }) : tags.focus());
  const goods = make("select");
  for (const each of context.goods.filter((each) => sgtin96(each.code, 0) !== null)) {
    const option = make("option", "", nameOf(each));
    option.value = each.code;
    goods.append(option);
  }
  goods.setAttribute("aria-label", t("Goods"));
  const number = make("input", "exact");
  Object.assign(number, { type: "number", min: 1, max: 500, value: 10 });
  number.setAttribute("aria-label", t("How many"));
  const add = button(t("Tag them"), () => {
    const made = Array.from({ length: Math.min(500, Number(number.value) || 1) }, () => sgtin96(goods.value, serial++));
    tags.value = [...epcs(), ...made].join("\n");
  });
  const door = make("div", "door", make("span", "carton"));
  made.section.append(
    make("div", "portal", button(`${t("In, to the store")} →`, () => pass("in")), door, button(`← ${t("Out, to the street")}`, () => pass("out"))),
    row(number, goods, add, button(t("Clear"), () => (tags.value = ""))), tags,
  );
  const walks = make("select");
  for (const name of view.walks ?? []) {
    const option = make("option", "", walkName(name));
    option.value = name;
    walks.append(option);
  }
  walks.setAttribute("aria-label", t("Walk"));
  const speed = make("input", "exact");
  Object.assign(speed, { type: "number", min: 100, max: 5000, step: 100, value: 1500 });
  speed.setAttribute("aria-label", t("Speed (mm/s)"));
  const go = button(t("Walk"), () => (epcs().length > 0
    ? post(`${at}/walks`, { epcs: epcs(), walk: walks.value, speed_mm_per_s: Number(speed.value) || 1500 }) : tags.focus()));
  const rate = make("input", "exact");
  Object.assign(rate, { type: "number", min: 1, max: 100, value: view.read_percent ?? 60 });
  rate.addEventListener("change", () => post(`${at}/air`, { read_percent: Math.min(100, Math.max(1, Number(rate.value) || 60)) }));
  const rated = make("label", "rate", t("Read rate (%)"), rate);
  const inputs = levels(t("Inputs"), view.inputs ?? [], (port) => String(port.port), (port, high) => post(`${at}/inputs`, { port: port.port, high }));
  const outputs = levels(t("Outputs (siren, lights)"), view.outputs ?? [], (port) => String(port.port), null);
  const antennas = levels(t("Antennas"), view.antennas ?? [], (each) => String(each.antenna),
    (each, connected) => post(`${at}/antennas`, { antenna: each.antenna, connected }));
  const list = readList();
  const fields = zones(view.antennas ?? []);
  if (view.walks) {
    made.section.append(row(walks, speed, make("small", "", t("mm/s")), go,
      button(t("Take all away"), () => post(`${at}/clear`)), rated), fields.node, list.node, make("div", "levels", outputs.node, inputs.node, antennas.node));
  }
  if (goods.options.length === 0) goods.hidden = number.hidden = add.hidden = true;
  const unplug = toggle("unplugged", (on) => post(`${at}/plug`, { plugged_in: !on }));
  const reboot = button(t("Restart"), () => post(`${at}/reboot`));
  const cut = button(t("Cut now"), () => post(`${at}/cut`));
  const panel = faultPanel(at, view.faults ?? null, view.id, context.proxy(view.id), "plugged_in" in view ? [unplug.node, reboot, cut] : []);
  made.section.append(panel.node);
  return { section: made.section, show(now, state) {
    const off = now.plugged_in === false;
    const words = off ? t("off") : now.connected === false ? t("waits for the box") : t("connected");
    const near = now.tags_near ? t("{count} tags near", { count: now.tags_near }) : "";
    const waiting = now.rows_waiting ? t("{count} reads wait", { count: now.rows_waiting }) : "";
    made.show(off ? "bad" : now.connected === false ? "warn" : "good", [words, near, waiting, now.port ? `127.0.0.1:${now.port}` : ""].filter(Boolean).join(" · "));
    outputs.show(now.outputs ?? []);
    if (document.activeElement !== rate && now.read_percent) rate.value = now.read_percent;
    inputs.show(now.inputs ?? []);
    antennas.show((now.antennas ?? []).map((each) => ({ high: each.connected })));
    list.show(now.reads ?? []);
    fields.show(now.antennas ?? [], now.reads ?? []);
    unplug.show(off);
    panel.show(now.faults, state.proxies.find((each) => each.id === now.id), off ? 1 : 0);
  } };
}

/** Hidden while the bench knows no readers (404) or has none. */
export function mountReaders(context) {
  const host = byId("portals");
  const cards = new Map();
  let asks = true; // a bench that knows no readers will not learn it while it runs
  host.replaceChildren();
  return async (state) => {
    const found = asks ? await get("/readers") : null;
    asks = found !== null;
    const readers = found ?? [];
    host.hidden = readers.length === 0;
    await Promise.all(readers.filter((view) => view.walks).map(async (view) => (view.reads = await get(`/readers/${view.id}/reads`))));
    for (const view of readers) {
      if (!cards.has(view.id)) {
        cards.set(view.id, readerCard(view, context));
        host.append(cards.get(view.id).section);
      }
      cards.get(view.id).show(view, state);
    }
    return readers;
  };
}
