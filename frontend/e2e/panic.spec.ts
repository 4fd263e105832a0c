/** Stop: within two presses from anywhere, for one market, one account or all. */
import { until } from './harness/desk';
import { expect, test } from './harness/fixtures';

test('cancel all, flatten all, and halt', async ({ open, page, trader, desk, account }) => {
  await desk.place(account, { side: 'buy', type: 'market', amount: '0.05' });
  for (const price of ['58000', '57000']) {
    await desk.place(account, { side: 'buy', type: 'limit', price, amount: '0.01' });
  }
  await until(async () => (await desk.living(account)).filter(({ status }) => status === 'open').length === 2);
  await open(); // the account's market, so that it can be named
  await expect(page.getByTestId('last-price')).toHaveText(/\d/);
  await trader.press(page.getByRole('button', { name: 'Stop', exact: true }));
  const sheet = page.getByRole('dialog', { name: /^Stop/ });
  await trader.press(sheet.getByRole('radio', { name: 'This account' }));
  await expect(sheet.getByText(/2 orders, 1 position, 1 account, ~\d/)).toBeVisible();

  await trader.hold(sheet.getByRole('button', { name: /Cancel 2 orders/ }));
  await until(async () => (await desk.living(account)).length === 0);
  await expect(sheet.getByText('No order left')).toBeVisible();
  expect(await desk.positions(account)).toHaveLength(1);

  await trader.hold(sheet.getByRole('button', { name: /FLATTEN 1 position/ }));
  await until(async () => (await desk.positions(account)).length === 0);
  await expect(sheet.getByText('Flat', { exact: false }).last()).toBeVisible();

  const states = sheet.getByRole('group', { name: `Trading on ${account}` });
  await trader.press(states.getByRole('radio', { name: 'Halt' }));
  await expect(sheet.getByText('Nothing goes out but reduce-only orders and cancels.', { exact: false })).toBeVisible();
  await until(async () => {
    const rules = await desk.ask<{ account: string; trading_state: string }[]>('GET', '/api/limits');
    return rules.some((rule) => rule.account === account && rule.trading_state === 'halted');
  });
  await trader.press(sheet.getByRole('button', { name: 'Close', exact: true }));
  await trader.fill({ side: 'buy', type: 'Limit', price: '58000', size: '0.01' });
  await expect(trader.ticket.getByText('Trading on this account is halted', { exact: false })).toBeVisible();
});
