// The line to the box: one WebSocket, opened again for ever. It carries text and knows nothing of what it means.

const RETRY_FIRST_MS = 150;
const RETRY_MOST_MS = 2000;
const OPEN_LIMIT_MS = 5000;
const QUIET_MS = 5000;

export class Link {
  /** `handlers`: opened(), closed(), message(object). `probeUrl` is asked when the line has been quiet. */
  constructor(url, probeUrl, handlers) {
    this.url = url;
    this.probeUrl = probeUrl;
    this.handlers = handlers;
    this.socket = null;
    this.isOpen = false;
    this.retryMs = RETRY_FIRST_MS;
    this.heardAt = 0;
    this.stopped = false;
    this.sinceMs = performance.now();
  }

  start() {
    window.addEventListener("online", () => this.socket === null && this.open());
    setInterval(() => this.probe(), QUIET_MS);
    this.open();
  }

  open() {
    if (this.stopped || this.socket !== null) return;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    const limit = setTimeout(() => this.drop(socket), OPEN_LIMIT_MS);
    socket.onopen = () => {
      if (this.socket !== socket) return;
      clearTimeout(limit);
      this.isOpen = true;
      this.heardAt = this.sinceMs = performance.now();
      this.handlers.opened();
    };
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.heardAt = performance.now();
      this.retryMs = RETRY_FIRST_MS;
      this.handlers.message(JSON.parse(event.data));
    };
    socket.onclose = () => {
      clearTimeout(limit);
      this.drop(socket);
    };
  }

  send(text) {
    this.socket.send(text);
  }

  /** Give this connection up and try again. */
  reset() {
    if (this.socket !== null) this.drop(this.socket);
  }

  stop() {
    this.stopped = true;
    this.reset();
  }

  drop(socket) {
    if (this.socket !== socket) return;
    this.socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    if (this.isOpen) this.sinceMs = performance.now();
    this.isOpen = false;
    this.handlers.closed();
    if (this.stopped) return;
    setTimeout(() => this.open(), this.retryMs / 2 + Math.random() * this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MOST_MS);
  }

  /** A box that lost its power does not hang up. When it has been quiet, ask it for a sign of life. */
  async probe() {
    if (!this.isOpen || performance.now() - this.heardAt < QUIET_MS) return;
    const socket = this.socket;
    try {
      const answer = await fetch(this.probeUrl, { cache: "no-store", signal: AbortSignal.timeout(QUIET_MS) });
      if (answer.ok) this.heardAt = performance.now();
    } catch {
      this.drop(socket);
    }
  }
}
