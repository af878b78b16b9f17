// Banners: a refusal stays until it is touched, or could be read and a later input succeeded. They block nothing.

const NOTICE_MIN_MS = 6000; // long enough to be read after the eye came back from the goods
const NOTICE_GLANCE_MS = 1500; // who opens a dialog this long after a banner has seen it
const NOTICES_MAX = 4;

export class Notices {
  constructor() {
    this.list = [];
  }

  /** `next`: {text, run} is a step the banner offers; Enter takes that of the newest banner. */
  say(level, text, about = "", next = null) {
    const same = this.list.find((notice) => notice.text === text && notice.about === about);
    if (same) {
      Object.assign(same, { count: same.count + 1, at: performance.now(), over: false, next });
      return;
    }
    this.list.push({ key: crypto.randomUUID(), level, text, about, next, count: 1, over: level === "done", at: performance.now() });
    if (this.list.length > NOTICES_MAX) this.list.shift();
  }

  get newest() {
    return this.list.at(-1) ?? null;
  }

  /** A later input succeeded: what was read may go. */
  overcome() {
    for (const notice of this.list) notice.over = true;
  }

  /** Called twice a second. */
  dropOld() {
    const now = performance.now();
    this.list = this.list.filter((notice) => !notice.over || now - notice.at < NOTICE_MIN_MS);
  }

  /** A dialog opens: who opens it has seen the older banners. */
  glance() {
    const now = performance.now();
    this.list = this.list.filter((notice) => now - notice.at < NOTICE_GLANCE_MS);
  }

  dismiss(key) {
    this.list = this.list.filter((notice) => notice.key !== key);
  }

  clear() {
    this.list = [];
  }
}
