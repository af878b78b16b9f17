// The page itself must come up while the box is away: its files are asked from the box first and kept for that hour.

const CACHE = "tallystick-till-shell";
const isShell = (url) => url.origin === location.origin && /^\/(tills?\/|till_page\/|v1\/locale\/)/.test(url.pathname);

async function boxFirst(request) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept === undefined) throw error;
    return kept;
  }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === "GET" && isShell(url)) event.respondWith(boxFirst(event.request));
});
