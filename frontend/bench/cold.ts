/** From the start of the navigation to a live price: the first visit, and one with the page kept by its service worker. */
import type { BrowserContext, Page } from '@playwright/test';
import type { Found } from './figures';
import { endure, live, type Hardship, type Plan, type Stage } from './stage';

const HARDSHIP: Hardship = { cpu: 4, slow4g: true };
const SETTLED_MS = 1_500;

interface Visit {
  liveMs: number;
  firstPaintMs: number;
  largest: { ms: number; what: string };
  shift: number;
  shifted: string[];
  /** What came over the network before the price did. */
  bytes: number;
}

export async function cold(stage: Stage, { rounds }: Plan): Promise<Found> {
  const remove = await stage.account('cold');
  const first: Visit[] = [];
  const again: Visit[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const device = await stage.device('phone');
    const page = await device.newPage();
    first.push(await visit(stage, page));
    await kept(page);
    await page.close();
    again.push(await repeated(stage, device));
    await device.close();
  }
  await remove();
  const seconds = (visits: Visit[]): number[] => visits.map(({ liveMs }) => liveMs / 1000);
  const shifts = [...new Set([...first, ...again].flatMap(({ shifted }) => shifted))];
  return {
    figures: [
      { name: 'live price on the screen, first visit', unit: 's', values: seconds(first), limit: 2.2, places: 2 },
      { name: 'the same, page kept by its service worker', unit: 's', values: seconds(again), limit: 1.5, places: 2 },
      {
        name: 'first contentful paint, first visit',
        unit: 's',
        values: first.map(({ firstPaintMs }) => firstPaintMs / 1000),
        limit: 1.0,
        places: 2,
      },
      {
        name: 'largest contentful paint, first visit',
        unit: 's',
        values: first.map(({ largest }) => largest.ms / 1000),
        limit: 1.8,
        places: 2,
      },
      {
        name: 'over the network before the price was there',
        unit: 'kB',
        values: first.map(({ bytes }) => bytes / 1000),
        limit: null,
        places: 1,
      },
      { name: 'CLS, first visit', unit: '', values: first.map(({ shift }) => shift), limit: 0.05, places: 4 },
    ],
    notes: [
      'Visits: phone, processor 4 × slower, 1.6 Mbit/s, 150 ms a round trip; signed in before.',
      `The largest paint there: ${[...new Set(first.map(({ largest }) => largest.what))].join('; ')}.`,
      ...(shifts.length === 0 ? [] : [`Shifted: ${shifts.slice(0, 6).join('; ')}.`]),
    ],
  };
}

async function repeated(stage: Stage, device: BrowserContext): Promise<Visit> {
  const page = await device.newPage();
  const found = await visit(stage, page);
  if (found.bytes > 0 && !(await page.evaluate(() => navigator.serviceWorker.controller !== null)))
    throw new Error('the service worker did not serve the page');
  await page.close();
  return found;
}

async function visit(stage: Stage, page: Page): Promise<Visit> {
  const session = await endure(page, HARDSHIP);
  await page.goto(stage.market('cold'), { waitUntil: 'commit' });
  const liveMs = await live(page);
  await page.waitForTimeout(SETTLED_MS);
  const found = await page.evaluate((beforeMs) => {
    const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return {
      firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
      largest: window.probe.largest,
      shift: window.probe.shift,
      shifted: window.probe.shifted,
      bytes: entries
        .filter((entry) => (entry as PerformanceResourceTiming).responseEnd <= beforeMs)
        .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).transferSize, 0),
    };
  }, liveMs);
  await session.detach();
  return { liveMs, ...found };
}

/** Until the service worker has all files of the page; not slowed down. */
async function kept(page: Page): Promise<void> {
  const session = await endure(page, {});
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await session.detach();
}
