// A scale: a display, a platter to put goods on (drag, tap), weights, keys.

import { post } from "./api.js";
import { button, card, make, row, setText } from "./dom.js";
import { faultPanel, toggle } from "./faults.js";
import { nameOf, t } from "./words.js";

const WEIGHTS = [50, 200, 500, 1000, 2000];
const MOST_GRAMS = 16000;
const STATES = { stable: "steady", zero: "empty", motion: "in motion", under_zero: "below zero", over_capacity: "too heavy", fault: "fault" };
const DRAGGED = "application/x-bench-goods";

export function scaleCard(view, context) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/scales/${view.id}`;
  const grams = make("span");
  const small = make("small");
  const platter = make("div", "platter");
  let things = [];
  let loose = 0;

  const put = () => post(`${at}/weight`, { grams: loose + things.reduce((sum, thing) => sum + thing.grams, 0) });
  const add = (thing) => { things.push(thing); draw(); put(); };
  const set = (value) => { things = []; loose = Math.round(Number(value) || 0); draw(); put(); };

  function chip(thing, act) {
    return button("", act, "thing").appendChild(make("span", "", thing.label)).parentNode;
  }
  function draw() {
    const on = things.map((thing, index) => {
      const node = chip(thing, () => { things.splice(index, 1); draw(); put(); });
      node.append(make("i", "", "✕"));
      node.title = t("Take it off");
      return node;
    });
    platter.replaceChildren(...on);
    if (on.length === 0 && loose === 0) platter.append(make("span", "none", t("Drag goods here, or tap them")));
    if (loose !== 0) platter.append(make("span", "thing", `${loose} g`));
  }
  platter.addEventListener("dragover", (event) => { event.preventDefault(); platter.classList.add("over"); });
  platter.addEventListener("dragleave", () => platter.classList.remove("over"));
  platter.addEventListener("drop", (event) => {
    event.preventDefault();
    platter.classList.remove("over");
    const data = event.dataTransfer.getData(DRAGGED);
    if (data) add(JSON.parse(data));
  });

  const offered = [
    ...context.goods.filter((goods) => goods.grams).map((goods) => ({ label: nameOf(goods), grams: goods.grams })),
    ...WEIGHTS.map((weight) => ({ label: weight >= 1000 ? `${weight / 1000} kg` : `${weight} g`, grams: weight, plain: true })),
  ];
  const shop = make("div", "goods", ...offered.map((thing) => {
    const node = chip(thing, () => add(thing));
    if (!thing.plain) node.append(make("i", "", `${thing.grams} g`));
    node.draggable = true;
    node.addEventListener("dragstart", (event) => event.dataTransfer.setData(DRAGGED, JSON.stringify(thing)));
    return node;
  }));

  const slide = make("input");
  Object.assign(slide, { type: "range", min: 0, max: MOST_GRAMS, step: 5, value: 0 });
  slide.setAttribute("aria-label", t("Weight on {id}", { id: view.id }));
  const exact = make("input", "exact");
  Object.assign(exact, { type: "number", value: 0 });
  exact.setAttribute("aria-label", t("Grams on {id}", { id: view.id }));
  slide.addEventListener("input", () => { exact.value = slide.value; });
  slide.addEventListener("change", () => set(slide.value));
  exact.addEventListener("change", () => set(exact.value));

  const press = (key) => post(`${at}/keys`, { key });
  const unplug = toggle("cable pulled", (on) => post(`${at}/plug`, { plugged_in: !on }));
  const held = ["motion", "under_zero", "over_capacity", "fault"].map((state) => ({
    state, ...toggle(STATES[state], (on) => post(`${at}/state`, { state: on ? state : "stable" })),
  }));
  const panel = faultPanel(at, view.faults, view.id, context.proxy(view.id), [unplug.node, ...held.map((each) => each.node)]);

  made.section.append(
    make("div", "display", small, grams), platter, row(slide, exact, make("span", "", "g")), shop,
    row(button(t("Empty it"), () => set(0), "main"), button(t("Zero"), () => press("zero")), button(t("Tare"), () => press("tare")), button(t("No tare"), () => press("clear_tare"))),
    panel.node,
  );
  draw();
  return { section: made.section, show(now, state) {
    const weighs = now.state === "stable" || now.state === "zero";
    setText(grams, weighs ? `${((now.load_grams - now.tare_grams) / 1000).toFixed(3)} kg` : "-----");
    setText(small, [t(STATES[now.state] ?? now.state), now.tare_grams ? "NET" : ""].filter(Boolean).join(" · "));
    platter.classList.toggle("moving", now.state === "motion");
    if (now.load_grams !== loose + things.reduce((sum, thing) => sum + thing.grams, 0) && !context.busy()) {
      things = [];
      loose = now.load_grams;
      draw();
    }
    for (const input of [slide, exact]) if (document.activeElement !== input) input.value = now.load_grams;
    unplug.show(!now.plugged_in);
    for (const each of held) each.show(now.held && now.state === each.state);
    made.show(now.plugged_in ? (weighs ? "good" : "warn") : "bad", `${now.kind} · ${now.port}`);
    panel.show(now.faults, state.proxies.find((each) => each.id === now.id), (now.plugged_in ? 0 : 1) + (now.held ? 1 : 0));
  } };
}
