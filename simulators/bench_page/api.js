// Talking to the bench. Every command of this page is also a line of a script that does the same.

import { byId, setText } from "./dom.js";
import { t } from "./words.js";

const TOAST_MS = 6000;
const LINES_MAX = 500;
const lines = [];
let toastTimer = 0;
let afterPost = () => {};

export const onPost = (act) => (afterPost = act);

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

export function showScript() {
  setText(byId("script-lines"), lines.join("\n"));
  setText(byId("script-count"), lines.length > 0 ? String(lines.length) : "");
}

export function mountScript() {
  byId("script-copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(lines.join("\n"));
      toast(t("Copied."));
    } catch {
      toast(t("The browser does not allow copying: mark the lines and copy them."));
    }
  });
  byId("script-clear").addEventListener("click", () => {
    lines.length = 0;
    showScript();
  });
}
