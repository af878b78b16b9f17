// What a hand does on this page, as steps of a scenario file that does the same.

/** A value as YAML: words and numbers plain, everything else in quotes; lists and objects in their short form. */
export function plain(value) {
  if (Array.isArray(value)) return `[${value.map(plain).join(", ")}]`;
  if (value !== null && typeof value === "object") return pairs(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return /^[A-Za-z_][\w-]*$/.test(value) && !["true", "false", "null", "yes", "no", "on", "off"].includes(value) ? value : JSON.stringify(value);
}
const pairs = (object) => `{${Object.entries(object).map(([key, value]) => `${key}: ${plain(value)}`).join(", ")}}`;
const without = (object, ...keys) => Object.fromEntries(Object.entries(object).filter(([key, value]) => !keys.includes(key) && value !== undefined));
/** `on`, `off`, a number or a word: what a fault is set to. */
const setTo = (value) => (value === true ? "on" : value === false || value === null || value === 0 || value === "" ? "off" : String(value));
const fault = (where, name, value) => `fault: {${where}, fault: ${name}, value: ${setTo(value)}}`;
const clean = (body) => without(body, ...Object.keys(body).filter((key) => body[key] === "untold" || (Array.isArray(body[key]) && body[key].length === 0)));

/** The steps of one command; empty when a scenario has no word for it. */
export function stepsOf(path, body) {
  const [, kind, id, act, ...more] = path.split("/").map(decodeURIComponent);
  if (path === "/heal") return ["heal: all"];
  if (path === "/faults") return [fault(`${body.line ? "line" : "device"}: ${plain(body.device)}`, body.fault, body.value)];
  const device = `device: ${plain(id ?? "")}`;
  if (kind === "scanners" && act === "scans") return [`scan: ${pairs({ scanner: id, ...clean(body), code: String(body.code) })}`];
  if (kind === "scales" && act === "weight") return [`weigh: ${pairs({ scale: id, ...body })}`];
  if (kind === "readers" && (act === "passes" || act === "walks")) return [`walk: ${pairs({ reader: id, ...clean(body) })}`];
  if (act === "plug") return [fault(device, "unplugged", !body.plugged_in)];
  if (kind === "scales" && act === "state") return [fault(device, "held", body.state === "stable" || body.state === "zero" ? "" : body.state)];
  if (kind === "printers" && act === "switches") return Object.entries(body).map(([name, value]) => fault(device, name, value));
  if (kind === "proxies" && act === "faults") return []; // one direction of a line: no word for it
  if (kind === "proxies" || kind === "chaos") return [];
  if (id === undefined || act === undefined) return [];
  return [`do: ${pairs({ device: id, act: [act, ...more].join("/"), ...(Object.keys(body).length > 0 ? { with: body } : {}) })}`];
}

const two = (number) => String(number).padStart(2, "0");
export const clock = (ms) => `${Math.floor(ms / 3600000)}:${two(Math.floor(ms / 60000) % 60)}:${two(Math.floor(ms / 1000) % 60)}.${String(Math.floor(ms) % 1000).padStart(3, "0")}`;

/** The file: `steps` are [milliseconds since the first, text]. */
export function scenarioOf(name, seed, steps) {
  return [`scenario: ${JSON.stringify(name)}`, `seed: ${seed}`, "steps:", ...steps.map(([at, text]) => `  - at: "${clock(at)}"\n    ${text}`)].join("\n");
}
