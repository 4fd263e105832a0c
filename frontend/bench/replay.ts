/** A page comes back to thousands of events that it has missed. */
import type { BrowserContext, Page } from '@playwright/test';
import type { Found } from './figures';
import { Flow } from './flow';
import { eventsIn, heardBy } from './streaming';
import type { Plan, Stage } from './stage';

/** Two events each; every order has been changed and changed back by then. */
const AMENDMENTS = 2_560;
const A_SECOND = 500;
const HARDSHIP = { cpu: 4 };

interface Replayed {
  events: number;
  /** From the network's return, and from the first of the messages, to the frame with the last of them. */
  sinceOnlineMs: number;
  sinceFirstMs: number;
  handlerMs: number;
}

export async function replay(stage: Stage, { rounds }: Plan): Promise<Found> {
  const remove = await stage.account('replay');
  const ids = await Flow.orders(stage, 'replay');
  const found: Replayed[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const device = await stage.device('phone');
    const page = await stage.trading(device, 'replay', HARDSHIP);
    await device.setOffline(true);
    await Flow.start(stage, ids, A_SECOND, AMENDMENTS).finished();
    found.push(await back(device, page));
    await device.close();
  }
  await remove();
  const of = (what: keyof Replayed): number[] => found.map((each) => each[what]);
  return {
    figures: [
      { name: 'replay: network back → the last event painted', unit: 'ms', values: of('sinceOnlineMs'), limit: 1_000 },
      { name: 'replay: first message → the last event painted', unit: 'ms', values: of('sinceFirstMs'), limit: null },
      { name: 'replay: events missed', unit: '', values: of('events'), limit: null },
      { name: 'replay: the longest handler of a message', unit: 'ms', values: of('handlerMs'), limit: null },
    ],
    notes: ['Replay: phone, processor 4 × slower, the trading page.'],
  };
}

async function back(device: BrowserContext, page: Page): Promise<Replayed> {
  await page.evaluate(() => {
    window.probe.heard = [];
    window.probe.listening = true;
  });
  await device.setOffline(false);
  await page.getByText(/^Caught up/).waitFor();
  const onlineMs = await page.evaluate(() => window.probe.onlineMs);
  const heard = (await heardBy(page)).filter((message) => message.path === '/ws/orders' && eventsIn(message) > 0);
  const [first, last] = [heard[0], heard.at(-1)];
  if (first === undefined || last === undefined) throw new Error('nothing was replayed');
  return {
    events: heard.reduce((sum, message) => sum + eventsIn(message), 0),
    sinceOnlineMs: last.committedMs - onlineMs,
    sinceFirstMs: last.committedMs - first.atMs,
    handlerMs: Math.max(...heard.map(({ atMs, handledMs }) => handledMs - atMs)),
  };
}
