/** Notices go to where the user is: here, a service on this machine that takes what Apprise posts. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './harness/desk';
import { expect, test } from './harness/fixtures';

type Told = { title: string; message: string };

function service(told: Told[]): Promise<{ server: Server; port: number }> {
  const server = createServer((request, answer) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      told.push(JSON.parse(body) as Told);
      answer.writeHead(200).end('{}');
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ server, port: (server.address() as AddressInfo).port }));
  });
}

test('a destination is added, tested, told of a fill, and removed', async ({ open, page, trader, desk, account }) => {
  const told: Told[] = [];
  const { server, port } = await service(told);
  const name = `${account}n`;
  await open('/notices');
  await trader.press(page.getByRole('button', { name: 'Add a destination' }).first());
  const sheet = page.getByRole('dialog', { name: 'Add a destination' });
  await sheet.getByLabel('Name').fill(name);
  await sheet.getByLabel('Address').fill(`json://127.0.0.1:${port}/canary-hook`);
  await trader.press(sheet.getByRole('button', { name: 'Add a destination' }));
  await expect(sheet).toBeHidden();

  const card = page.getByRole('article', { name });
  await trader.press(card.getByRole('button', { name: 'Send a test' }));
  await expect(card.getByText('Delivered.', { exact: false })).toBeVisible({ timeout: 30_000 });
  expect(told).toHaveLength(1);
  expect(await page.content()).not.toContain('canary-hook');

  await desk.place(account, { side: 'buy', type: 'market', amount: '0.01' });
  await until(() => told.some(({ title, message }) => /fill/i.test(title + message) && message.includes(account)));

  await trader.press(card.getByRole('button', { name: 'Remove' }));
  await trader.press(page.getByRole('dialog').getByRole('button', { name: 'Remove' }));
  await expect(card).toHaveCount(0);
  server.close();
});
