// What a page needs to know of the browser, and two keys. No build step, nothing fetched from elsewhere.
(() => {
  const language = document.currentScript.dataset.lang;
  document.documentElement.lang = language;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  document.cookie = `time_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.querySelector(".search input");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    if (event.key === "ArrowDown" && event.target.closest?.(".search")) {
      const first = document.querySelector(".result");
      if (first) { event.preventDefault(); first.focus(); }
    }
    const result = event.target.closest?.(".result");
    if (result && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const next = event.key === "ArrowDown" ? result.nextElementSibling : result.previousElementSibling;
      if (next?.classList.contains("result")) next.focus();
      else if (event.key === "ArrowUp") document.querySelector(".search input")?.focus();
    }
  });
})();
