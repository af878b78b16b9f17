// Makes the page come up while the box is away, from its very first visit: what it is made of is asked for once more
// through the service worker, which keeps it.

const SHELL = /^\/(tills?\/|till_page\/|v1\/locale\/)/;

function controlled() {
  if (navigator.serviceWorker.controller) return Promise.resolve();
  return new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
}

/** Everything this page was loaded from: itself, its styles and modules, its words. */
function parts() {
  const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name));
  const mine = loaded.filter((url) => url.origin === location.origin && SHELL.test(url.pathname));
  return [...new Set([location.pathname, ...mine.map((url) => url.pathname)])];
}

export async function keepShell() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/till_page/shell.js", { scope: "/till" });
    await controlled();
    await Promise.all(parts().map((path) => fetch(path)));
    document.documentElement.dataset.shell = "kept";
  } catch {
    // Without it the page still works; only a reload while the box is away shows the browser's own error.
  }
}
