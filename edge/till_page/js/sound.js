// Three sounds a cashier knows without looking: taken, refused, paid.

const TUNES = {
  taken: [[1760, 0, 0.06]],
  refused: [[220, 0, 0.16], [180, 0.2, 0.24]],
  paid: [[1318, 0, 0.08], [1760, 0.1, 0.14]],
};

export class Sound {
  constructor() {
    this.context = null;
  }

  /** Browsers give sound only after the first key or touch; until then the page is silent. */
  wake() {
    if (this.context === null && "AudioContext" in window) this.context = new AudioContext();
    if (this.context?.state === "suspended") this.context.resume().catch(() => {});
  }

  play(name) {
    if (this.context === null || this.context.state !== "running") return;
    const now = this.context.currentTime;
    for (const [hertz, after, seconds] of TUNES[name]) this.tone(hertz, now + after, seconds, name === "refused");
  }

  tone(hertz, at, seconds, harsh) {
    const oscillator = this.context.createOscillator();
    const gain = this.context.createGain();
    oscillator.type = harsh ? "square" : "sine";
    oscillator.frequency.value = hertz;
    gain.gain.setValueAtTime(harsh ? 0.12 : 0.2, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    oscillator.connect(gain).connect(this.context.destination);
    oscillator.start(at);
    oscillator.stop(at + seconds);
  }
}
