// Carries the outbox to the box: in order, one in flight, the same id again after a lost line or a long silence.

const ANSWER_LIMIT_MS = 4000;
const ANSWER_LIMIT_MOST_MS = 30000;
const TRIES_BEFORE_TWIN = 4;

export class Courier {
  /** `handlers`: answered(entry, answer, before); unreadable(entry, status) when the box will never understand an input;
   *  message(answer) for an answer that came by the HTTP twin. */
  constructor(outbox, link, commandsUrl, handlers) {
    this.outbox = outbox;
    this.link = link;
    this.commandsUrl = commandsUrl;
    this.handlers = handlers;
    this.inFlight = null;
    this.timer = 0;
    this.tries = 0;
    this.resent = 0;
  }

  /** Send the head of the outbox unless something is on its way. */
  pump() {
    const head = this.outbox.head;
    if (head === null || this.inFlight !== null || !this.link.isOpen) return;
    this.inFlight = head.id;
    if (this.tries > 0) this.resent += 1;
    this.tries += 1;
    if (this.tries > TRIES_BEFORE_TWIN) {
      this.askTwin(head);
      return;
    }
    this.link.send(JSON.stringify({ id: head.id, command: head.command }));
    this.timer = setTimeout(() => this.link.reset(), Math.min(ANSWER_LIMIT_MS * this.tries, ANSWER_LIMIT_MOST_MS));
  }

  /** The line fell: what was in flight is asked again on the next one. */
  lineLost() {
    clearTimeout(this.timer);
    this.inFlight = null;
  }

  /** `before` is the state the screen showed until now. */
  answer(message, before) {
    const entry = this.outbox.answered(message.id);
    if (entry === null) return;
    clearTimeout(this.timer);
    this.inFlight = null;
    this.tries = 0;
    this.handlers.answered(entry, message, before);
    this.pump();
  }

  /** Several times no answer over the WebSocket: its HTTP twin also tells why. */
  async askTwin(entry) {
    const body = JSON.stringify({ id: entry.id, command: entry.command });
    const headers = { "content-type": "application/json" };
    try {
      const signal = AbortSignal.timeout(ANSWER_LIMIT_MOST_MS);
      const response = await fetch(this.commandsUrl, { method: "POST", body, headers, signal });
      if (response.ok) return this.handlers.message(await response.json());
      if ([400, 413, 422].includes(response.status)) this.giveUp(entry, response.status);
    } catch {
      // The box is away again; the link notices and asks anew.
    }
    if (this.inFlight !== entry.id) return;
    this.inFlight = null;
    this.timer = setTimeout(() => this.pump(), ANSWER_LIMIT_MS);
  }

  giveUp(entry, status) {
    if (this.outbox.answered(entry.id) === null) return;
    this.inFlight = null;
    this.tries = 0;
    this.handlers.unreadable(entry, status);
    this.pump();
  }
}
