/** Installed: the shell is there without a network, and nothing of the market's is. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, marketOf, signIn, test } from './harness/fixtures';

test('without a network a reload shows the shell and a sentence, and no old figures', async ({
  open,
  page,
  trader,
  desk,
  account,
}) => {
  await desk.place(account, { side: 'buy', type: 'limit', price: '58000', amount: '0.01' });
  await open();
  await trader.show('Orders');
  await expect(trader.orders()).toHaveCount(1);
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map((request) => new URL(request.url).pathname);
  });
  expect(kept).toContain('/');
  expect(kept.filter((path) => path.startsWith('/api') || path.startsWith('/ws'))).toEqual([]);

  await page.context().setOffline(true);
  await page.reload();
  await expect(page.getByText(/^You are offline\. Your orders and positions are at the exchange/)).toBeVisible();
  await expect(page.getByText('58 000')).toHaveCount(0);
  await expect(trader.orders()).toHaveCount(0);
  await page.context().setOffline(false);
  await trader.show('Orders');
  await expect(trader.orders()).toHaveCount(1, { timeout: 20_000 });
});

test('it can be installed: manifest, icons and worker', async ({ desk, request }) => {
  const manifest = (await (await request.get(`${desk.url}/manifest.webmanifest`)).json()) as {
    display: string;
    start_url: string;
    icons: { src: string; sizes: string; purpose?: string }[];
  };
  expect(manifest.display).toBe('standalone');
  for (const size of ['192x192', '512x512']) expect(manifest.icons.map(({ sizes }) => sizes)).toContain(size);
  expect(manifest.icons.some(({ purpose }) => purpose?.includes('maskable'))).toBe(true);
  for (const { src } of manifest.icons) {
    const icon = await request.get(new URL(src, desk.url).href);
    expect([icon.status(), icon.headers()['content-type']]).toEqual([
      200,
      src.endsWith('.svg') ? 'image/svg+xml' : 'image/png',
    ]);
  }
  const worker = await request.get(`${desk.url}/sw.js`);
  expect(worker.headers()['cache-control']).toContain('no-cache');
});

test('a newer page is offered, and never taken by itself', async ({ page, context, desk, account, trader }) => {
  let newer = '';
  const relay = createServer((asked, answer) => {
    void fetch(desk.url + (asked.url ?? '/'), { headers: { cookie: asked.headers.cookie ?? '' } }).then(async (got) => {
      const body = Buffer.from(await got.arrayBuffer());
      const type = { 'content-type': got.headers.get('content-type') ?? '' };
      answer.writeHead(got.status, type).end(asked.url === '/sw.js' ? body.toString() + newer : body);
    });
  });
  await new Promise<void>((listening) => relay.listen(0, 'localhost', listening));
  await signIn(context, desk);
  await page.goto(`http://localhost:${(relay.address() as AddressInfo).port}${marketOf(account)}`);
  await expect(page.getByRole('main')).toBeVisible();
  const controlled = () => page.evaluate(() => navigator.serviceWorker.controller !== null);
  await expect.poll(controlled).toBe(true);
  const offered = page.getByText('A new version is ready.');
  await expect(offered).toHaveCount(0);

  if (trader.phone) await trader.openTicket('buy');
  newer = '\n// newer';
  await page.evaluate(async () => {
    (window as { here?: boolean }).here = true;
    await (await navigator.serviceWorker.getRegistration())?.update();
  });
  const waits = () => page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.waiting));
  await expect.poll(waits).toBe(true);
  if (trader.phone) {
    await expect(offered).toHaveCount(0); // not over an open ticket
    await trader.closeTicket();
  }
  await expect(offered).toBeVisible();
  const here = () => page.evaluate(() => (window as { here?: boolean }).here ?? false).catch(() => true); // it is on its way
  expect(await here()).toBe(true);
  await trader.press(page.getByRole('button', { name: 'Reload' }));
  await expect.poll(here).toBe(false);
  await expect(offered).toHaveCount(0);
  relay.close();
});
