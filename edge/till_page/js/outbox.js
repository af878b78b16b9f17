// The inputs the box has not answered yet, in the order they were made. None is ever dropped but by its answer.

import { isPaymentCode } from "./payment_codes.js";

/** More than a till can be asked to remember while its box is away; then inputs are refused aloud, never shed. */
export const INPUTS_MAX = 500;

/** PINs, payment codes and card numbers must not lie in the browser's storage: such an input lives in memory only. */
const isSecret = ({ command }) =>
  command.kind === "login"
  || Boolean(command.code && ["pay", "refund", "sell_gift_card", "ask_gift_card"].includes(command.kind))
  || (command.kind === "scan" && isPaymentCode(command.code ?? ""));

/** A second person's PIN is left out of what is kept; without it the box refuses, and the person is asked again. */
function withoutPin(entry) {
  if (!entry.command.approval) return entry;
  const { approval: _, ...command } = entry.command;
  return { ...entry, command };
}

export class Outbox {
  constructor(keep, onChange) {
    this.keep = keep;
    this.onChange = onChange;
    this.queue = [];
    this.held = [];
  }

  /** Take up what an earlier life of this page left behind. Scans held by a dialog that is gone go to the queue. */
  restore(document) {
    if (document === null) return;
    this.queue = [...document.queue, ...document.held];
    this.changed();
  }

  /** Add an input; `hold` keeps it back until `release`. Returns its id, or null when the outbox is full. */
  add(command, hold = false) {
    if (this.queue.length + this.held.length >= INPUTS_MAX) return null;
    const entry = { id: crypto.randomUUID(), command, at: Date.now() };
    (hold ? this.held : this.queue).push(entry);
    this.changed();
    return entry.id;
  }

  /** The dialog is decided: what was scanned meanwhile follows its outcome. */
  release() {
    if (this.held.length === 0) return;
    this.queue.push(...this.held);
    this.held = [];
    this.changed();
  }

  get head() {
    return this.queue[0] ?? null;
  }

  /** Whether an input of one of these kinds still waits for its answer. */
  awaits(...kinds) {
    return this.queue.some((entry) => kinds.includes(entry.command.kind));
  }

  /** The answer to the head came: it is done. */
  answered(id) {
    if (this.head?.id !== id) return null;
    const entry = this.queue.shift();
    this.changed();
    return entry;
  }

  changed() {
    this.keep.write({ queue: this.queue.filter((entry) => !isSecret(entry)).map(withoutPin), held: this.held });
    this.onChange();
  }
}
