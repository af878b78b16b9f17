// Sensors: units of a Modbus line, sensors behind a broker, people counters.

import { post } from "./api.js";
import { button, card, make, row, setText } from "./dom.js";
import { faultPanel, toggle } from "./faults.js";
import { t } from "./words.js";

const BROKEN_PROBE = 0x8000;

function number(label, act) {
  const input = make("input", "exact");
  input.type = "number";
  input.step = "any";
  input.setAttribute("aria-label", label);
  input.addEventListener("change", () => input.value !== "" && act(Number(input.value)));
  return input;
}

function unitPart(at, unit) {
  const values = Object.keys(unit.values).map((measure) => {
    const told = make("small");
    const input = number(`${measure} ${unit.unit}`, (value) => post(`${at}/values`, { unit: unit.unit, measure, value }));
    const broken = button(t("Break the probe"), () => post(`${at}/raw`, { unit: unit.unit, measure, raw: BROKEN_PROBE }));
    return { node: row(make("span", "measure", measure), input, told, broken), show(now) {
      if (document.activeElement !== input) input.value = now.values[measure];
      setText(told, now.broken.includes(measure) ? t("probe broken") : "");
    } };
  });
  const silent = toggle("says nothing", (on) => post(`${at}/silence`, { unit: unit.unit, silent: on }));
  const title = make("strong", "", `${unit.unit} · ${unit.profile}`);
  return { node: make("div", "", row(title, silent.node), ...values.map((each) => each.node)), show(now) {
    silent.show(now.silent);
    for (const each of values) each.show(now);
  } };
}

export function busCard(view, context) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/modbus_buses/${view.id}`;
  const units = view.units.map((unit) => unitPart(at, unit));
  const unplug = toggle("cable pulled", (on) => post(`${at}/plug`, { plugged_in: !on }));
  const panel = faultPanel(at, view.faults, view.id, context.proxy(view.id), [unplug.node]);
  made.section.append(...units.map((each) => each.node), panel.node);
  return { section: made.section, show(now, state) {
    units.forEach((each, index) => each.show(now.units[index]));
    unplug.show(!now.plugged_in);
    const quiet = now.units.some((unit) => unit.silent || unit.broken.length > 0);
    made.show(now.plugged_in ? (quiet ? "warn" : "good") : "bad", `${now.framing} · ${now.port}`);
    panel.show(now.faults, state.proxies.find((each) => each.id === now.id), now.plugged_in ? 0 : 1);
  } };
}

export function mqttSensorCard(view) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/mqtt_sensors/${view.id}`;
  const zigbee = view.family === "zigbee2mqtt";
  const tell = (changes) => post(`${at}/tell`, { changes });
  const temperature = (tC) => tell(zigbee ? { "": { temperature: tC } } : { "temperature:0": { id: 0, tC } });
  const told = make("code");
  const off = toggle("switched off", (on) => post(`${at}/plug`, { plugged_in: !on }));
  const doors = zigbee
    ? [button(t("Open the door"), () => tell({ "": { contact: false } })), button(t("Shut the door"), () => tell({ "": { contact: true } }))]
    : [button(t("Break the probe"), () => temperature(null))];
  made.section.append(
    row(make("span", "", "°C"), number(`°C ${view.id}`, temperature), ...doors),
    row(button(t("Wake up"), () => post(`${at}/wake`, {})), button(t("Say it is away"), () => post(`${at}/available`, { there: false })), off.node),
    told,
  );
  return { section: made.section, show(now) {
    setText(told, now.fields);
    off.show(!now.plugged_in);
    made.show(now.connected && now.plugged_in ? "good" : "bad", `${now.family} · ${now.topic}`);
  } };
}

export function counterCard(view) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/people_counters/${view.id}`;
  const sums = make("div", "display");
  const off = toggle("switched off", (on) => post(`${at}/plug`, { plugged_in: !on }));
  made.section.append(
    sums,
    row(button(t("One comes in"), () => post(`${at}/walk`, { people_in: 1 }), "main"), button(t("One goes out"), () => post(`${at}/walk`, { people_out: 1 }))),
    row(button(t("Restart"), () => post(`${at}/restart`)), off.node),
  );
  return { section: made.section, show(now) {
    setText(sums, `${now.people_in} ↓   ${now.people_out} ↑`);
    off.show(!now.plugged_in);
    made.show(now.plugged_in && !now.silent ? "good" : "bad", `:${now.port}`);
  } };
}
