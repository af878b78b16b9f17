// Faults to switch on: made from the fields the bench tells, so that a new fault needs no line here but its words.

import { post } from "./api.js";
import { button, make } from "./dom.js";
import { t } from "./words.js";

/** Field -> words. What is not here is shown by its name. */
const WORDS = {
  silent: "says nothing", garbage: "noise only", split: "byte by byte", late_ms: "late (ms)",
  lost_byte_percent: "loses a byte (%)", noise_byte_percent: "foreign byte (%)", wrong_bit_percent: "wrong bit (%)", duplicate_percent: "says it twice (%)",
  busy: "busy (409)", flash_full: "memory full", radio_full: "radio takes nothing",
  missed_check_in_percent: "label misses its time (%)", lost_complete_percent: "confirmation lost (%)",
  duplicate_complete_percent: "confirmation twice (%)", failed_transfer_percent: "transfer fails (%)",
  lost_answer_percent: "answer lost (%)",
  packet_lost_percent: "label misses a packet (%)", answer_lost_percent: "label's answer lost (%)",
  answer_garbled_percent: "label's answer garbled (%)", busy_percent: "label says not now (%)",
  capacity_percent: "label says no room (%)", sync_lost_percent: "label loses its network (%)",
  connect_fails_percent: "connection fails (%)", cut_percent: "connection cut (%)",
  drop_per_mille: "drops (‰)", delay_ms: "slow (ms)", jitter_ms: "uneven (ms)", duplicate_per_mille: "twice (‰)",
  noise_per_mille: "foreign byte (‰)", flip_per_mille: "wrong bit (‰)", stall: "stalled", disconnect_after_bytes: "cut after bytes", refuse: "refuses",
  clock_off_s: "clock off (s)",
  unplugged: "unplugged", held: "held in", paper_out: "paper out", paper_near_end: "paper low", cover_open: "cover open",
  offline: "offline", cutter_error: "cutter stuck", broken: "broken", drawer_jammed: "drawer jammed", dead_tube: "dark tube",
  bytes_per_second: "prints slowly",
  decline: "declines", partial_percent: "approves only (%)", wrong_amount: "takes a wrong amount", reply_lost: "answer lost",
  cut_after: "cut after the payment", cut_before: "cut before the payment", duplicate: "answers twice",
  enquiry_lost: "enquiries lost", out_of_order: "out of order", occupied: "another customer is there",
  no_keepalive: "no sign of life", cut_next_report: "next report cut", singulation_events: "extra events",
  unknown_messages: "unknown messages", clock_off_ms: "clock off (ms)", slow_ms: "slow (ms)", omit_repeated: "leaves out repeats",
  stalled: "sends nothing for now", reset_next_report: "next report ends in a reset", gather_ms: "sends together (ms)",
  huge_reports: "reports above 500 KiB", keeps_dead_client: "keeps a dead client", no_reports: "no reports", no_answers: "no answers",
  uptime_only: "has no clock", last_before_first: "seen last before first", full_seen_count: "counts are full",
  odd_epcs: "EPCs of odd length", foreign_epcs: "foreign EPCs", empty_reports: "empty reports", unknown_parameters: "unknown parameters",
  custom_everywhere: "maker's parameters everywhere", wrong_pc: "wrong PC word", mode_table_lies: "mode table lies",
  refuse_power: "refuses power levels", refuse_filters: "refuses filters", buffer_tags: "small buffer (tags)",
  torn_after: "moved away after commands", stays_away: "does not come back", cut_answer: "answers cut short",
  radio_busy_percent: "radio busy (%)", gpi_bounce: "inputs bounce", exception_next: "reports a fault",
};

export const faultName = (name) => (name in WORDS ? t(WORDS[name]) : name.replaceAll("_", " "));

/** Controls for every field of a faults object. `send(name, value, faults)`: the one fault, and the whole object with it. */
function controls(first, send, without = []) {
  let now = first;
  const parts = Object.keys(first).filter((name) => name !== "way" && !without.includes(name)).map((name) => {
    if (typeof first[name] === "boolean") {
      const key = button(faultName(name), () => send(name, !now[name], { ...now, [name]: !now[name] }));
      return { node: key, show: () => { key.classList.toggle("on", now[name]); key.setAttribute("aria-pressed", String(now[name])); } };
    }
    const input = make("input");
    input.type = "number";
    input.min = 0;
    input.placeholder = first[name] === null ? "–" : "0";
    const label = make("label", "", faultName(name), input);
    input.addEventListener("change", () => {
      const value = input.value === "" ? (first[name] === null ? null : 0) : Number(input.value);
      send(name, value, { ...now, [name]: value });
    });
    return { node: label, show: () => {
      if (document.activeElement !== input) input.value = now[name] || "";
      label.classList.toggle("on", Boolean(now[name]));
    } };
  });
  return {
    node: make("div", "grid", ...parts.map((part) => part.node)),
    show(faults) {
      now = faults;
      for (const part of parts) part.show();
    },
  };
}

const count = (faults) => Object.entries(faults).filter(([name, value]) => name !== "way" && value).length;

/**
 * The foldable panel of one device. `extra`: nodes above (plugs, switches). `line`: whether a bad line stands before it.
 * show(faults or null, proxy or null, more): `more` counts what the extra nodes switched on.
 */
export function faultPanel(path, firstFaults, id, firstProxy, extra = []) {
  const number = make("b");
  const summary = make("summary", "", t("Faults"), " ", number);
  const panel = make("details", "faults", summary);
  if (extra.length > 0) panel.append(make("div", "row", ...extra));
  const own = firstFaults ? controls(firstFaults, (fault, value) => post("/faults", { device: id, fault, value })) : null;
  if (own) panel.append(own.node);
  let line = null;
  let way = "both";
  if (firstProxy) {
    const select = make("select");
    for (const [value, words] of [["both", "both ways"], ["to_target", "to the device"], ["to_client", "from the device"]]) {
      const option = make("option", "", t(words));
      option.value = value;
      select.append(option);
    }
    select.addEventListener("change", () => (way = select.value));
    select.setAttribute("aria-label", t("Direction"));
    line = controls(firstProxy.to_client, (fault, value, faults) =>
      (way === "both" ? post("/faults", { device: id, fault, value, line: true }) : post(`/proxies/${id}/faults`, { ...faults, way })), firstProxy.serial ? ["refuse"] : []);
    panel.append(make("h3", "", t("Its line")), make("div", "row", select, button(t("Cut now"), () => post(`/proxies/${id}/cut`))), line.node);
  }
  return {
    node: panel,
    show(faults, proxy, more = 0) {
      own?.show(faults);
      const lineFaults = proxy && (way === "to_target" ? proxy.to_target : proxy.to_client);
      if (lineFaults) line?.show(lineFaults);
      const all = more + (faults ? count(faults) : 0) + (proxy ? Math.max(count(proxy.to_client), count(proxy.to_target)) : 0);
      number.textContent = all > 0 ? t("{count} on", { count: all }) : "";
    },
  };
}

/** A key that is red while something is wrong. */
export function toggle(words, send) {
  const key = button(t(words), () => send(!key.classList.contains("on")));
  return { node: key, show: (on) => { key.classList.toggle("on", on); key.setAttribute("aria-pressed", String(on)); } };
}
