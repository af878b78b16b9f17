// Talking to the bench. Every command of this page is also a step of a scenario, and a line of a script, that does the same.

import { byId, setText } from "./dom.js";
import { t } from "./words.js";
import { scenarioOf, stepsOf } from "./yaml.js";

const TOAST_MS = 6000;
const LINES_MAX = 500;
const lines = [];
const steps = []; // [milliseconds since the first, text]
let firstAt = 0;
let seed = 1;
let toastTimer = 0;
let afterPost = () => {};

export const onPost = (act) => (afterPost = act);
export const knowSeed = (told) => (seed = told);

export function toast(text) {
  const node = byId("toast");
  setText(node, text);
  node.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (node.hidden = true), TOAST_MS);
}

export async function get(path) {
  const answer = await fetch(path);
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/** Send a command; false (and a word to the user) when it was refused. */
export async function post(path, body = {}) {
  const data = JSON.stringify(body);
  lines.push(`curl -s -H 'content-type: application/json' -d '${data.replaceAll("'", "'\\''")}' '${location.origin}${path}'`);
  if (lines.length > LINES_MAX) lines.shift();
  if (steps.length === 0) firstAt = performance.now();
  for (const text of stepsOf(path, body)) steps.push([performance.now() - firstAt, text]);
  if (steps.length > LINES_MAX) steps.shift();
  showScript();
  try {
    const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: data });
    if (!answer.ok) toast(await answer.text());
    afterPost();
    return answer.ok;
  } catch {
    toast(t("The bench does not answer. Is it still running?"));
    return false;
  }
}

const asYaml = () => byId("script-kind").value === "yaml";
const script = () => (asYaml() ? (steps.length > 0 ? `${scenarioOf(t("What was done on the bench"), seed, steps)}\n` : "") : lines.join("\n"));

export function showScript() {
  setText(byId("script-lines"), script());
  setText(byId("script-count"), lines.length > 0 ? String(lines.length) : "");
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([script()], { type: asYaml() ? "application/yaml" : "text/plain" }));
  link.download = asYaml() ? "scenario.yaml" : "bench.sh";
  link.click();
  URL.revokeObjectURL(link.href);
}

export function mountScript() {
  byId("script-copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(script());
      toast(t("Copied."));
    } catch {
      toast(t("The browser does not allow copying: mark the lines and copy them."));
    }
  });
  byId("script-clear").addEventListener("click", () => {
    lines.length = 0;
    steps.length = 0;
    showScript();
  });
  byId("script-kind").addEventListener("change", showScript);
  byId("script-save").addEventListener("click", download);
}
