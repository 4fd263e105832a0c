/** What this browser prefers holds at once, and after a reload. */
import { expect, test } from './harness/fixtures';

test('theme, colours, rows and confirmations', async ({ open, page, trader, account, exchange }) => {
  await open('/settings');
  const root = page.locator('html');
  await trader.press(page.getByRole('radio', { name: 'Dark' }));
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await trader.press(page.getByRole('radio', { name: /Blue up, orange down/ }));
  await expect(root).toHaveAttribute('data-colours', 'blue-orange');
  await trader.press(page.getByRole('radio', { name: 'Dense' }));
  await trader.press(page.getByRole('switch', { name: /A limit order/ }));
  await page.reload();
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await expect(root).toHaveAttribute('data-colours', 'blue-orange');
  await expect(root).toHaveAttribute('data-density', 'dense');
  await expect(page.getByRole('switch', { name: /A limit order/ })).toBeChecked();

  await trader.press(page.getByRole('link', { name: 'Trade', exact: true }).first());
  await expect(page).toHaveURL(new RegExp(account));
  await trader.fill({ side: 'buy', type: 'Limit', price: '58000', size: '0.01' });
  if (trader.phone) {
    await trader.submit.tap();
    expect(await exchange.placed(account)).toBe(0); // it wants to be held now
    await trader.hold(trader.ticket.getByRole('button', { name: new RegExp(`· ${account}$`) }));
  } else {
    await trader.submit.click();
    await page.getByRole('dialog', { name: 'Send this order?' }).getByRole('button', { name: 'Send it' }).click();
  }
  await expect.poll(async () => exchange.placed(account)).toBe(1);
});

test('follows the system where it is told to', async ({ open, page, trader }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await open('/settings');
  const root = page.locator('html');
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await expect(root).toHaveAttribute('data-theme', 'light');
  await trader.press(page.getByRole('radio', { name: 'Dark' }));
  await expect(root).toHaveAttribute('data-theme', 'dark');
});
