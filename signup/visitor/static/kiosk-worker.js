// Keeps the kiosk's page and its parts, so that it opens without a network. It never touches what customers typed.
const SHELL = "till-1";
const STATIC = ["forms.css", "kiosk.css", "kiosk.js", "kiosk-queue.js", "kiosk-hint.js", "icon.svg"];
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(STATIC.map((name) => `/static/${name}`))));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== SHELL) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const isOurs = url.origin === location.origin && /^\/(k\/[\w-]+|static\/[\w.-]+)$/.test(url.pathname);
  if (event.request.method === "GET" && isOurs) event.respondWith(freshOrKept(event.request));
});

// The network first, so that a new version or a revoked kiosk shows at once; what was kept when that takes too long.
async function freshOrKept(request) {
  const shell = await caches.open(SHELL);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok) await shell.put(request, answer.clone());
    else if (answer.status === 404 || answer.status === 410) await shell.delete(request);
    return answer;
  } catch (error) {
    const kept = await shell.match(request);
    if (kept) return kept;
    throw error;
  }
}
