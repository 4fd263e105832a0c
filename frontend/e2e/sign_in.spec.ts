/** Who gets in, who is put out, and what is left of the page then. */
import { expect, marketOf, signIn, test } from './harness/fixtures';
import { Desk } from './harness/desk';
import type { Page } from '@playwright/test';

const lost = (page: Page) => page.getByRole('dialog', { name: 'Sign in again' });

/** The desk's side puts every browser out. */
async function revokeAll(desk: Desk): Promise<void> {
  await desk.ask('DELETE', '/api/devices');
}

test('a second browser signs in by the short code, typed as people type', async ({
  open,
  page,
  desk,
  browser,
  trader,
}) => {
  await open('/devices');
  await trader.press(page.getByRole('button', { name: 'Add a device' }));
  const sheet = page.getByRole('dialog', { name: 'Add a device' });
  await expect(sheet.getByRole('img', { name: /QR code/ })).toBeVisible();
  const code = (await sheet.getByLabel('Code', { exact: true }).textContent())?.trim() ?? '';
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);

  const other = await browser.newContext();
  const second = await other.newPage();
  await second.goto(desk.url);
  await second.getByRole('textbox', { name: 'Code' }).pressSequentially(code.toLowerCase().replace('-', ''));
  await second.getByRole('textbox', { name: 'Name of this browser' }).fill('Second');
  await second.getByRole('button', { name: 'Sign in' }).click();
  await expect(second.getByText('Signed in', { exact: true })).toBeVisible();

  await expect(sheet).toBeHidden();
  await expect(page.getByRole('list', { name: 'Signed-in browsers' })).toContainText('Second');
  await other.close();
});

test('a wrong code says so, a used one too, and too many have to wait', async ({ page }) => {
  const desk = await Desk.start(); // of its own: wrong tries count for everybody
  const { code } = await desk.pair();
  await signIn(page.context(), desk);
  await page.context().clearCookies();
  await page.goto(desk.url);
  const field = page.getByRole('textbox', { name: 'Code' });
  const button = page.getByRole('button', { name: 'Sign in' });
  await field.fill('0000-0000');
  await button.click();
  await expect(page.getByRole('alert')).toContainText('This code is wrong, was used already');

  await field.fill(code);
  await button.click();
  await expect(page.getByText('Signed in', { exact: true })).toBeVisible();
  await page.context().clearCookies();
  await page.reload();
  await field.fill(code);
  await button.click();
  await expect(page.getByRole('alert')).toContainText('was used already');

  for (let i = 0; i < 5; i += 1) {
    await field.fill(`1111-111${i}`);
    await button.click();
    await expect(page.getByRole('alert')).toBeVisible();
  }
  await expect(page.getByRole('alert')).toContainText('Too many wrong codes');
  await desk.stop();
  desk.remove();
});

test('put out with a half-filled ticket: asked in place, and no field is lost', async ({
  open,
  page,
  trader,
  desk,
  account,
  exchange,
}) => {
  await open();
  await trader.fill({
    side: 'sell',
    type: 'Limit',
    price: '61234.5',
    size: '0.0',
    takeProfit: '59000',
    stopLoss: '62000',
  });
  await trader.field('Size').fill('0.012');
  await revokeAll(desk);
  await expect(lost(page)).toBeVisible();
  expect(page.url()).toContain(encodeURIComponent('BTC/USDT:USDT'));

  const { code } = await desk.pair();
  await lost(page).getByRole('textbox', { name: 'Code' }).fill(code);
  await lost(page).getByRole('button', { name: 'Sign in' }).click();
  await expect(lost(page)).toBeHidden();
  await expect(trader.field(/^Price/)).toHaveValue('61234.5');
  await expect(trader.field('Size')).toHaveValue('0.012');
  await expect(trader.field(/^TP/)).toHaveValue('59000');
  await expect(trader.field(/^SL/)).toHaveValue('62000');
  await expect(trader.ticket.getByRole('radio', { name: 'Sell / Short' })).toBeChecked();
  await trader.send('Limit');
  await expect.poll(async () => exchange.placed(account)).toBe(1);
});

test('the session ends between two presses: the order is not sent, and nothing typed is lost by a reload', async ({
  open,
  page,
  trader,
  desk,
  account,
  exchange,
}) => {
  await open();
  await trader.fill({ side: 'buy', type: 'Limit', price: '58000', size: '0.02' });
  await revokeAll(desk);
  await expect(lost(page)).toBeVisible();
  await signIn(page.context(), desk);
  await page.reload();
  await expect(lost(page)).toBeHidden();
  if (trader.phone) await trader.openTicket('buy');
  await expect(trader.field(/^Price/)).toHaveValue('58000');
  await expect(trader.field('Size')).toHaveValue('0.02');
  expect(await exchange.placed(account)).toBe(0);
});

test('revoked from Devices: that browser is out within seconds, this one is not', async ({
  open,
  page,
  desk,
  account,
  browser,
  trader,
}) => {
  const other = await browser.newContext();
  await signIn(other, desk, 'Lost phone');
  const second = await other.newPage();
  await second.goto(desk.url + marketOf(account));
  await expect(second.getByTestId('last-price')).toHaveText(/\d/);

  await open('/devices');
  await trader.press(page.getByRole('button', { name: 'Sign Lost phone out' }));
  await trader.press(page.getByRole('dialog').getByRole('button', { name: 'Sign out' }));
  await expect(page.getByRole('list', { name: 'Signed-in browsers' })).not.toContainText('Lost phone');
  await expect(lost(second)).toBeVisible({ timeout: 5_000 });
  expect((await page.context().request.get(`${desk.url}/api/session`)).status()).toBe(200);
  await other.close();
});

test('signing out asks nothing of the desk any more, and shows none of it', async ({ open, page, desk, trader }) => {
  await open('/devices');
  await trader.press(page.getByRole('button', { name: 'Sign this browser out' }));
  await trader.press(page.getByRole('dialog').getByRole('button', { name: 'Sign out' }));
  await expect(page.getByText('Sign this browser in to your desk')).toBeVisible();
  expect((await page.context().request.get(`${desk.url}/api/orders`)).status()).toBe(401);
  await page.goto(`${desk.url}/positions`);
  await expect(page.getByText('Sign this browser in to your desk')).toBeVisible();
});
