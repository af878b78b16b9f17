// A customer display: a tube with two lines of twenty cells. Also used for a display behind a printer.

import { post } from "./api.js";
import { button, card, make, row, setText } from "./dom.js";
import { faultPanel, toggle } from "./faults.js";
import { t } from "./words.js";

const COLUMNS = 20;

/** Two rows of cells; a wide character takes two of them. */
export function tube() {
  const rows = [make("div", "tube-row"), make("div", "tube-row")];
  const node = make("div", "tube", ...rows);
  const shown = ["", ""];
  function draw(host, text) {
    const cells = [];
    let columns = 0;
    for (const character of text) {
      const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(character);
      const cell = make("span", wide ? "cell wide" : "cell");
      cell.textContent = character;
      cells.push(cell);
      columns += wide ? 2 : 1;
    }
    for (; columns < COLUMNS; columns++) cells.push(make("span", "cell"));
    host.replaceChildren(...cells);
  }
  return { node, show(upper, lower) {
    [upper, lower].forEach((text, at) => {
      if (shown[at] === text && rows[at].childElementCount > 0) return;
      shown[at] = text;
      draw(rows[at], text);
    });
    node.setAttribute("aria-label", `${upper.trimEnd()} / ${lower.trimEnd()}`);
  } };
}

export function displayCard(view, context) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/displays/${view.id}`;
  const glass = tube();
  const facts = make("p", "fine");
  const unplug = toggle("unplugged", (on) => post(`${at}/plug`, { plugged_in: !on }));
  const cut = button(t("Cut its power for a moment"), () => post(`${at}/power_cut`));
  const panel = faultPanel(at, null, view.id, context.proxy(view.id), [unplug.node]);
  made.section.append(glass.node, row(cut), facts, panel.node);
  return { section: made.section, show(now, state) {
    glass.node.classList.toggle("dark", !now.plugged_in);
    glass.show(now.upper, now.lower);
    unplug.show(!now.plugged_in);
    setText(facts, t("Letters: {charset} · commands it did not obey: {count}", { charset: now.charset, count: now.strange }));
    made.show(now.plugged_in ? "good" : "bad", `${now.plugged_in ? t("connected") : t("off")} · ${now.port}`);
    panel.show(null, state.proxies.find((each) => each.id === now.id), now.plugged_in ? 0 : 1);
  } };
}
