/** The page's life: what runs while it is open, and what only while somebody is signed in. */
import { Feed, type FeedEnds, type FeedPhase } from '../core/feed';
import { resumed, type ResumeEffect, type ResumeEvent, type ResumeState } from '../core/resume';
import { browserTiming } from '../core/timing';
import type { Order, Position } from '../core/wire';
import { accounts } from './accounts.svelte';
import { clock } from './clock.svelte';
import { link } from './link.svelte';
import { marketFeed } from './market.svelte';
import { toastOf } from './order_toasts';
import { orders } from './orders.svelte';
import { positions } from './positions.svelte';
import { session } from './session.svelte';
import { openWire } from './wires';

const TICK_MS = 5_000;

type Folded<Item> = Pick<FeedEnds<Item>, 'begin' | 'apply'>;

function feedOf<Item>(path: string, into: Folded<Item>, latency: (ms: number) => void): Feed<Item> {
  const told: (phase: FeedPhase) => void = link.part(path);
  const ends: FeedEnds<Item> = {
    begin: (snapshot) => into.begin(snapshot),
    apply: (events) => {
      // held back by the network, and let through before the browser says that it is back
      if (link.phase === 'offline' && feed.phase === 'live') link.missed(events.length);
      into.apply(events);
    },
    phase: told,
    caughtUp: (events) => link.missed(events),
    latency,
    signedOut: () => session.end(),
    unreachable: () => void session.look(),
  };
  const feed = new Feed(path, ends, openWire, browserTiming);
  return feed;
}

/** Once, as the page opens; the answer ends it. */
export function startDesk(): () => void {
  const feeds = [
    feedOf<Order>('/ws/orders', orders, (ms) => (link.latencyMs = ms)),
    feedOf<Position>('/ws/positions', positions, () => undefined),
  ] as const;
  const lines = [...feeds.map(({ line }) => line), marketFeed.line];
  const begin = (): void => {
    for (const line of lines) line.start();
    accounts.start();
  };
  const end = (): void => {
    for (const line of lines) line.stop();
    accounts.stop();
  };
  const act = (effect: ResumeEffect): void => {
    for (const line of lines) {
      if (effect === 'redial') line.redial(true);
      else if (effect === 'probe') line.probe();
    }
    if (effect === 'redial' || effect === 'probe') {
      accounts.soon();
      if (session.phase === 'signed_out') void session.look(); // another tab may have signed in
    }
  };
  const stops = [
    clock.start(),
    session.listen((signedIn) => (signedIn ? begin() : end())),
    orders.listen((before, after) => {
      toastOf(before, after, browserTiming.nowMs());
      accounts.soon();
    }),
    positions.listen(() => accounts.soon()),
    accounts.listen(() => feeds.forEach((feed) => feed.startOver())), // what a removed account held goes with it
    attend(act),
    end,
  ];
  void session.start();
  return () => stops.forEach((stop) => stop());
}

/** The one listener to what the browser says about being looked at and about the network. */
function attend(act: (effect: ResumeEffect) => void): () => void {
  let state: ResumeState = {
    attention: document.visibilityState === 'hidden' ? 'hidden' : 'shown',
    online: navigator.onLine,
    sinceMs: browserTiming.nowMs(),
  };
  const on = (event: ResumeEvent): void => {
    const [next, effect] = resumed(state, event, browserTiming.nowMs());
    state = next;
    act(effect); // first: sockets that were cut unnoticed must not count as live when the network is back
    link.online(state.online);
  };
  const seen = (): void => {
    const hidden = document.visibilityState === 'hidden';
    if (hidden) marketFeed.hide();
    else marketFeed.show();
    on(hidden ? 'hidden' : 'shown');
  };
  const restored = (event: PageTransitionEvent): void => {
    if (event.persisted) on('restored');
  };
  const online = (): void => on('online');
  const offline = (): void => on('offline');
  document.addEventListener('visibilitychange', seen);
  addEventListener('pageshow', restored);
  addEventListener('online', online);
  addEventListener('offline', offline);
  const ticks = setInterval(() => on('tick'), TICK_MS);
  link.online(state.online);
  return () => {
    clearInterval(ticks);
    document.removeEventListener('visibilitychange', seen);
    removeEventListener('pageshow', restored);
    removeEventListener('online', online);
    removeEventListener('offline', offline);
  };
}
