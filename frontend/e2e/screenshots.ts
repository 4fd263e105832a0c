/** Pictures of every screen at every width, dark and light, to be looked at; the README's are a few of them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './harness/fixtures';
import { ROOT } from './harness/process';
import { atRest, furnish, screens, show } from './harness/screens';

const FOLDER = join(ROOT, 'frontend/e2e/report/pictures');
const README = join(ROOT, 'docs/pictures');
/** The README's, by screen, width and theme. */
const CHOSEN: Record<string, string> = { 'ticket-1440-dark': 'page-desktop.png', 'trade-390-dark': 'page-phone.png' };

test.use({ accountName: 'main' });

test('pictures', async ({ open, page, desk, exchange, account }, info) => {
  test.setTimeout(400_000);
  const suffix = info.project.name;
  mkdirSync(FOLDER, { recursive: true });
  mkdirSync(README, { recursive: true });
  const picture = async (name: string): Promise<void> => {
    await atRest(page);
    await page.screenshot({ path: join(FOLDER, `${name}-${suffix}.png`) });
    const chosen = CHOSEN[`${name}-${suffix}`];
    if (chosen !== undefined) await page.screenshot({ path: join(README, chosen), scale: 'css' });
  };
  await page.goto(desk.url);
  await expect(page.getByRole('textbox', { name: 'Code' })).toBeVisible();
  await picture('sign-in');

  await exchange.control('POST', 'market/step', { steps: 3_000 });
  const order = await furnish(desk, account);
  await open();
  for (const screen of screens(order)) {
    await show(page, desk, screen, account);
    await expect(page.getByRole('main').locator('.animate-spin')).toHaveCount(0);
    if (screen.path(account).startsWith('/trade') && !['book', 'trades'].includes(screen.name))
      await expect(page.getByTestId('chart-lines').locator('[data-line]').first()).toBeAttached();
    await picture(screen.name);
  }
});
