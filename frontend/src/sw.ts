/// <reference lib="webworker" />
/**
 * The page's shell without a network: its own files, as they were built together, and nothing that the desk says.
 * Addresses under /api and /ws never come near a cache.
 */
/** Filled in by the build: every file of this version, and a name that changes with any of them. */
declare const __FILES__: readonly string[];
declare const __VERSION__: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const PREFIX = 'hedgerow-';
const CACHE = PREFIX + __VERSION__;
const SHELL = '/';
/** This version and the one before: a tab that still runs the old page may yet ask for one of its parts. */
const KEPT = 2;

worker.addEventListener('install', (event) => {
  event.waitUntil(store());
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(sweep().then(() => worker.clients.claim()));
});

worker.addEventListener('message', (event) => {
  if (event.data === 'take over') event.waitUntil(worker.skipWaiting());
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin || isLive(url.pathname)) return;
  if (request.mode === 'navigate') event.respondWith(kept(SHELL, request));
  else if (__FILES__.includes(url.pathname) || url.pathname.startsWith('/assets/'))
    event.respondWith(kept(url.pathname, request));
});

function isLive(path: string): boolean {
  return /^\/(api|ws)(\/|$)/.test(path);
}

async function store(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll([SHELL, ...__FILES__].map((path) => new Request(path, { cache: 'no-cache' })));
}

async function sweep(): Promise<void> {
  const ours = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const old = ours.filter((name) => name !== CACHE).slice(0, Math.max(0, ours.length - KEPT));
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function kept(path: string, request: Request): Promise<Response> {
  const own = await (await caches.open(CACHE)).match(path);
  return own ?? (await caches.match(path)) ?? fetch(request);
}
