// What the staff screens need of the browser: its time zone, and a scan field that keeps the focus. Nothing from elsewhere.
(() => {
  document.documentElement.lang = document.currentScript.dataset.lang;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  document.cookie = `time_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;

  const field = () => document.querySelector(".scan-field");
  const busy = () => {
    const active = document.activeElement;
    return document.querySelector(".q-dialog") || (active && active !== document.body && active.matches("input, textarea, select"));
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
  let due = 0;
  const soon = () => { clearTimeout(due); due = setTimeout(focus, 60); };
  new MutationObserver(soon).observe(document.documentElement, { childList: true, subtree: true });
})();
