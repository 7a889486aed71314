/* global files, version */
// The page without a network. The build puts the list of its files and their version before this text.
const cacheName = `kube-orrery-${version}`;
const inScope = (path) => new URL(path, self.registration.scope).href;
const kept = new Set(files.map(inScope));

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll([...kept])));
});

// A new version takes over when no page of the old one is open any more: none loses the files that it has yet to load.
self.addEventListener('activate', (event) => {
  const old = (names) => names.filter((name) => name.startsWith('kube-orrery-') && name !== cacheName);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const address = new URL(request.url);
  address.search = '';
  address.hash = '';
  // The document itself comes from the network while there is one, so that nobody stays with an old page.
  if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => caches.match(inScope('index.html'))));
  else if (kept.has(address.href)) event.respondWith(caches.match(address.href).then((found) => found ?? fetch(request)));
});
