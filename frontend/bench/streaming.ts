/** From the message to the frame that shows it, while orders and the market change. */
import type { Page } from '@playwright/test';
import { quantile, type Found } from './figures';
import { Flow } from './flow';
import type { Heard } from './probe';
import { endure, type Plan, type Stage } from './stage';

/** Each amendment is two events: that it is asked for, and what came of it. */
export const AMENDMENTS = 100;
const WINDOW_MS = 4_000;
const THREAD_MS = 2_000;

export async function streaming(stage: Stage, { rounds }: Plan): Promise<Found> {
  const remove = await stage.account('streaming');
  const ids = await Flow.orders(stage, 'streaming');
  const device = await stage.device('phone');
  const page = await stage.trading(device, 'streaming', { cpu: 4 });
  const flow = Flow.start(stage, ids, AMENDMENTS);
  const windows: Window[] = [];
  await page.waitForTimeout(1_000);
  for (let round = 0; round < rounds; round += 1) windows.push(await watch(page));
  const busy = await threadTime(page, rounds);
  await flow.stop();
  await device.close();
  await remove();
  const of = (what: keyof Window): number[] => windows.map((window) => window[what]);
  return {
    figures: [
      { name: 'received → painted, p95', unit: 'ms', values: of('p95'), limit: 50 },
      { name: 'received → painted, p50', unit: 'ms', values: of('p50'), limit: null },
      { name: 'main thread’s processor time a second, processor not slowed', unit: 'ms', values: busy, limit: 160 },
      { name: 'events a second that came meanwhile', unit: '', values: of('perSecond'), limit: null },
      {
        name: 'the longest handler of a message',
        unit: 'ms',
        values: of('handler'),
        limit: null,
      },
    ],
    notes: [
      'Received → painted: phone, processor 4 × slower, the trading page with 40 orders that are amended in turn.',
    ],
  };
}

/** The main thread's own time on the processor, ms a second: what neighbours take from it is not in it. */
async function threadTime(page: Page, rounds: number): Promise<number[]> {
  const session = await endure(page, {});
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const at = async (): Promise<{ busyS: number; atMs: number }> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return { busyS: metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN, atMs: performance.now() };
  };
  const found: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = await at();
    await page.waitForTimeout(THREAD_MS);
    const after = await at();
    found.push(((after.busyS - before.busyS) * 1_000_000) / (after.atMs - before.atMs));
  }
  return found;
}

interface Window {
  p50: number;
  p95: number;
  perSecond: number;
  handler: number;
}

async function watch(page: Page): Promise<Window> {
  await page.evaluate(() => {
    window.probe.heard = [];
    window.probe.listening = true;
  });
  await page.waitForTimeout(WINDOW_MS);
  const heard = await heardBy(page);
  const waits = heard.filter(({ committedMs }) => committedMs > 0).map(({ atMs, committedMs }) => committedMs - atMs);
  const spanMs = (heard.at(-1)?.atMs ?? NaN) - (heard[0]?.atMs ?? NaN);
  return {
    p50: quantile(waits, 0.5),
    p95: quantile(waits, 0.95),
    perSecond: (heard.reduce((sum, message) => sum + eventsIn(message), 0) * 1000) / spanMs,
    handler: Math.max(...heard.map(({ atMs, handledMs }) => handledMs - atMs)),
  };
}

/** What was heard since listening began; it ends with this. */
export async function heardBy(page: Page): Promise<Heard[]> {
  return page.evaluate(() => {
    window.probe.listening = false;
    return window.probe.heard;
  });
}

/** How many events of orders or positions, or news of the market, a message holds. */
export function eventsIn({ text }: Heard): number {
  const message = JSON.parse(text) as { events?: unknown[]; items?: unknown[] };
  return (message.events ?? message.items ?? []).length;
}
