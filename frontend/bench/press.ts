/** From the press of the button to the order's row, and to the exchange's answer in it. */
import type { Page } from '@playwright/test';
import { Trader } from '../e2e/harness/trader';
import { median, type Found } from './figures';
import { endure, type Plan, type Stage } from './stage';

const PRESSES = 5;
/** Two presses within 0.7 s are one. */
const APART_MS = 800;

interface Pressed {
  rowMs: number;
  answerMs: number;
}

export async function press(stage: Stage, { rounds }: Plan): Promise<Found> {
  const remove = await stage.account('press');
  const device = await stage.device('desktop');
  const page = await stage.trading(device, 'press');
  const trader = new Trader(page, 'press', false);
  await trader.show('Orders');
  await trader.fill({ side: 'buy', type: 'Limit', price: '59000', size: '0.001' });
  await presses(stage, page, trader); // the first ones are of a page that has never sent anything
  const fast: Pressed[] = [];
  const slow: Pressed[] = [];
  for (let round = 0; round < rounds; round += 1) {
    fast.push(await presses(stage, page, trader));
    const session = await endure(page, { cpu: 4 });
    slow.push(await presses(stage, page, trader));
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    await session.detach();
  }
  await device.close();
  await remove();
  const rows = (of: Pressed[]): number[] => of.map(({ rowMs }) => rowMs);
  const answers = fast.map(({ answerMs }) => answerMs);
  return {
    figures: [
      { name: 'press → pending row', unit: 'ms', values: rows(fast), limit: 100 },
      { name: 'the same, processor 4 × slower', unit: 'ms', values: rows(slow), limit: null },
      { name: 'press → the exchange’s answer on the screen, p50', unit: 'ms', values: answers, limit: 60 },
    ],
    notes: [
      `Press: desktop, the machine’s own speed where nothing else is said; a round is the median of ${PRESSES} presses.`,
    ],
  };
}

async function presses(stage: Stage, page: Page, trader: Trader): Promise<Pressed> {
  await trader.submit.hover();
  const found: Pressed[] = [];
  for (let i = 0; i < PRESSES; i += 1) {
    const watched = page.evaluate(pressed);
    await page.evaluate(() => undefined); // the watch is on
    await page.mouse.down();
    await page.mouse.up();
    found.push(await watched);
    await page.waitForTimeout(APART_MS);
  }
  await stage.desk.ask('DELETE', '/api/orders?account=press');
  await trader.orders().first().waitFor({ state: 'detached' });
  return {
    rowMs: median(found.map(({ rowMs }) => rowMs)),
    answerMs: median(found.map(({ answerMs }) => answerMs)),
  };
}

/** In the page: waits for a click, then looks at each frame that is committed. */
function pressed(): Promise<Pressed> {
  const states = (): Element[] => [...document.querySelectorAll('section[aria-label="Living orders"] [data-state]')];
  const awaited = new Set(['sending', 'checking', 'pending']);
  return new Promise((resolve) => {
    const before = new Set(states());
    let rowMs = NaN;
    const look = (clickedMs: number, atMs: number): void => {
      const row = states().find((state) => !before.has(state));
      if (row !== undefined && Number.isNaN(rowMs)) rowMs = atMs - clickedMs;
      if (row !== undefined && !awaited.has(row.getAttribute('data-state') ?? ''))
        resolve({ rowMs, answerMs: atMs - clickedMs });
      else window.probe.committed((ms) => look(clickedMs, ms));
    };
    const onClick = ({ timeStamp }: MouseEvent): void => window.probe.committed((ms) => look(timeStamp, ms));
    document.addEventListener('click', onClick, { capture: true, once: true });
  });
}
