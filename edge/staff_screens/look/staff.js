// What the staff screens need of the browser: its time zone, and a scan field that keeps the focus. Nothing from elsewhere.
(() => {
  document.documentElement.lang = document.currentScript.dataset.lang;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  document.cookie = `time_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;

  const field = () => document.querySelector(".q-dialog .scan-field") ?? document.querySelector(".scan-field");
  const busy = () => {
    const active = document.activeElement;
    const dialog = document.querySelector(".q-dialog");
    if (dialog?.querySelector(".scan-field") && active === document.querySelector(".scan-field:not(.q-dialog *)")) return false;
    return (dialog && !dialog.querySelector(".scan-field")) || (active && active !== document.body && active.matches("input, textarea, select"));
  };
  const focus = () => { if (!busy()) field()?.focus({ preventScroll: true }); };

  window.staffKeyboard = () => {
    const scan = field();
    if (!scan) return;
    scan.blur();
    scan.inputMode = "text";
    scan.focus();
  };
  // A scanner may type while nothing has the focus: its first key must not be lost.
  document.addEventListener("keydown", (event) => {
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) focus();
  }, true);
  document.addEventListener("focusout", () => setTimeout(focus, 60));
  document.addEventListener("pointerup", () => setTimeout(focus, 250));
  // A good scan sounds high, a bad one low and twice; a phone shakes as well. The eyes stay on the goods.
  let audio = null;
  const tone = (hertz, at, seconds) => {
    const sound = audio.createOscillator(), volume = audio.createGain();
    sound.frequency.value = hertz;
    volume.gain.setValueAtTime(0.25, audio.currentTime + at);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + seconds);
    sound.connect(volume).connect(audio.destination);
    sound.start(audio.currentTime + at);
    sound.stop(audio.currentTime + at + seconds);
  };
  const cue = (kind) => {
    document.documentElement.dataset.lastCue = kind;
    navigator.vibrate?.(kind === "bad" ? [120, 60, 120] : 30);
    try { audio ??= new AudioContext(); } catch { return; }
    if (kind === "bad") { tone(220, 0, 0.22); tone(180, 0.26, 0.3); } else if (kind === "good") { tone(1320, 0, 0.1); } else { tone(660, 0, 0.15); }
  };
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) {
      const said = node.nodeType === 1 && (node.matches("[data-cue]") ? node : node.querySelector?.(".last [data-cue]"));
      if (said && said.closest(".last")) cue(said.dataset.cue);
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
  let due = 0;
  const soon = () => { clearTimeout(due); due = setTimeout(focus, 60); };
  new MutationObserver(soon).observe(document.documentElement, { childList: true, subtree: true });
})();
