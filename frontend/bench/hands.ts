/** INP: what a hand does with the ticket while orders and the market change; the worst of some forty interactions. */
import type { Page } from '@playwright/test';
import { Trader } from '../e2e/harness/trader';
import type { Found } from './figures';
import { Flow } from './flow';
import type { Interaction } from './probe';
import { AMENDMENTS } from './streaming';
import type { Plan, Stage } from './stage';

/** So long until the next tap or key. */
const TAP_MS = 150;
const KEY_MS = 60;
const TURNS = 2;

interface Round {
  count: number;
  worst: Interaction;
  shift: number;
  shifted: string[];
}

export async function hands(stage: Stage, { rounds }: Plan): Promise<Found> {
  const remove = await stage.account('hands');
  const ids = await Flow.orders(stage, 'hands');
  const flow = Flow.start(stage, ids, AMENDMENTS);
  const found: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const device = await stage.device('phone');
    const page = await stage.trading(device, 'hands', { cpu: 4 });
    found.push(await interact(page));
    await device.close();
  }
  await flow.stop();
  await remove();
  const { type, target, totalMs, waitMs, handlersMs } = worst(found.map((each) => each.worst));
  const split = `${waitMs.toFixed(0)} ms wait, ${handlersMs.toFixed(0)} ms handlers, the rest until the paint`;
  return {
    figures: [
      { name: 'INP with 200 events a second', unit: 'ms', values: found.map((each) => each.worst.totalMs), limit: 200 },
      { name: 'interactions', unit: '', values: found.map(({ count }) => count), limit: null },
      {
        name: 'CLS while orders change and the ticket is used',
        unit: '',
        values: found.map(({ shift }) => shift),
        limit: 0.05,
        places: 4,
      },
    ],
    notes: [
      'INP: phone, processor 4 × slower; ticket opened, unit, presets, price and size typed, sent, closed, pages changed.',
      ...biggest(found.flatMap(({ shifted }) => shifted)),
      `The slowest of all: ${type} on ${target}: ${totalMs} ms (${split}).`,
    ],
  };
}

async function interact(page: Page): Promise<Round> {
  await page.evaluate(() => window.probe.interactions.clear());
  const before = await interactionCount(page);
  for (let turn = 0; turn < TURNS; turn += 1) await order(page);
  const found = await page.evaluate(() => ({
    all: [...window.probe.interactions.values()],
    shift: window.probe.shift,
    shifted: window.probe.shifted,
  }));
  return {
    count: (await interactionCount(page)) - before,
    worst: worst(found.all),
    shift: found.shift,
    shifted: found.shifted,
  };
}

/** Some twenty taps and keys. */
async function order(page: Page): Promise<void> {
  const trader = new Trader(page, 'hands', true);
  const { ticket } = trader;
  const tap = async (target: ReturnType<typeof ticket.getByRole>): Promise<void> => {
    await target.tap();
    await page.waitForTimeout(TAP_MS);
  };
  const type = async (text: string): Promise<void> => {
    for (const key of text) {
      await page.keyboard.press(key);
      await page.waitForTimeout(KEY_MS);
    }
  };
  await tap(page.getByRole('button', { name: 'Buy / Long' }));
  await tap(ticket.getByRole('radio', { name: 'BTC' }));
  await tap(ticket.getByRole('button', { name: '25 %' }));
  await tap(ticket.getByRole('button', { name: '50 %' }));
  await tap(trader.field(/^Price/));
  await trader.field(/^Price/).selectText();
  await type('59000');
  await tap(trader.field('Size'));
  await trader.field('Size').selectText();
  await tap(ticket.getByRole('radio', { name: 'BTC' }));
  await trader.field('Size').selectText();
  await type('0.001');
  await tap(trader.submit);
  await tap(page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }));
  for (const name of ['Orders', 'Trade']) await tap(page.getByRole('navigation').getByRole('link', { name }));
}

function interactionCount(page: Page): Promise<number> {
  return page.evaluate(() => (performance as unknown as { interactionCount: number }).interactionCount);
}

function biggest(shifts: readonly string[]): string[] {
  const [first] = [...shifts].sort((a, b) => Number(b.split(' ')[0]) - Number(a.split(' ')[0]));
  return first === undefined ? [] : [`The biggest shift there: ${first}.`];
}

function worst(interactions: readonly Interaction[]): Interaction {
  const none = { type: 'none', target: 'anything over 16 ms', totalMs: 16, waitMs: 0, handlersMs: 0 };
  return interactions.reduce((a, b) => (b.totalMs > a.totalMs ? b : a), none);
}
