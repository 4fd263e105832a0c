/** Exchange accounts: the secret goes in and never comes out. */
import { expect, test } from './harness/fixtures';

const SECRET = 'canary-secret-0123456789';

test('an account with a wrong secret says so in words; its secret is nowhere afterwards', async ({
  open,
  page,
  trader,
  exchange,
  desk,
  account,
}) => {
  const name = `${account}x`;
  const bodies: string[] = [];
  page.on(
    'response',
    (answer) =>
      void answer.text().then(
        (text) => bodies.push(text),
        () => undefined,
      ),
  );
  await open('/accounts');
  await trader.press(page.getByRole('button', { name: 'Add an account' }));
  const sheet = page.getByRole('dialog', { name: 'Add an account' });
  await trader.press(sheet.getByRole('button', { name: 'Add an account' }));
  await expect(sheet.getByRole('alert').first()).toBeVisible(); // nothing is sent half-filled

  await sheet.getByLabel('Name').fill(name);
  await trader.press(sheet.getByRole('radio', { name: 'Simulation' }));
  await sheet.getByLabel('API key').fill(`key-${account}`);
  await sheet.getByLabel('API secret').fill(SECRET);
  await sheet.getByLabel('REST address').fill(exchange.url);
  await sheet.getByLabel('WebSocket address').fill(exchange.webSocketUrl);
  await trader.press(sheet.getByRole('button', { name: 'Add an account' }));
  await expect(sheet).toBeHidden();

  const card = page.getByRole('article', { name });
  await expect(card).toBeVisible();
  await trader.press(card.getByRole('button', { name: 'Check' }));
  await expect(card.getByText('Make a new key', { exact: false })).toBeVisible({ timeout: 30_000 });

  expect(await page.content()).not.toContain(SECRET);
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toContain(SECRET);
  expect(bodies.filter((body) => body.includes(SECRET))).toEqual([]);

  await trader.press(card.getByRole('button', { name: 'Remove' }));
  await trader.press(page.getByRole('dialog').getByRole('button', { name: 'Remove the account' }));
  await expect(card).toHaveCount(0);
  expect(await desk.ask<{ name: string }[]>('GET', '/api/accounts')).not.toContainEqual(
    expect.objectContaining({ name }),
  );
});

test('an account that holds something is removed only by its name; what is simulated is marked', async ({
  open,
  page,
  trader,
  desk,
  account,
}) => {
  await desk.place(account, { side: 'buy', type: 'limit', price: '58000', amount: '0.01' });
  await open('/accounts');
  await expect(page.getByRole('note')).toContainText('no real money');
  const card = page.getByRole('article', { name: account });
  await expect(card.getByTitle('A simulated exchange: no real money')).toBeVisible();
  await trader.press(card.getByRole('button', { name: 'Check' }));
  await expect(card.getByText('All is well.')).toBeVisible({ timeout: 30_000 });
  await trader.press(card.getByRole('button', { name: 'Remove' }));
  const ask = page.getByRole('dialog');
  await expect(ask).toContainText('1 living order');
  const remove = ask.getByRole('button', { name: 'Remove the account' });
  await expect(remove).toBeDisabled();
  await ask.getByRole('textbox').fill(account);
  await expect(remove).toBeEnabled();
});

test('limits bind at once, and say so at the field', async ({ open, page, trader, account }) => {
  await open(`/limits/${account}`);
  const region = page.getByRole('region', { name: new RegExp(account) });
  await region
    .getByRole('textbox', { name: /order.*worth|worth.*order|One order/i })
    .first()
    .fill('100');
  await trader.press(region.getByRole('button', { name: /^Set/ }));
  await expect(page.getByRole('region', { name: 'Messages' })).toContainText(account);
  await trader.press(page.getByRole('link', { name: 'Trade', exact: true }).first());
  await trader.fill({ side: 'buy', type: 'Limit', price: '58000', size: '0.1' });
  await expect(trader.ticket.getByRole('alert').first()).toBeVisible();
});
