import { describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { texts } from '../../../build/texts';

const SOURCE = join(import.meta.dirname, '../../../src');

function transformed(code: string, file: string): unknown {
  const transform = texts().transform as unknown as (code: string, id: string) => { code: string } | null;
  return transform(code, join(SOURCE, file))?.code ?? null;
}

describe('texts', () => {
  it('brings each catalogue that a module speaks from, once, and moves no line', () => {
    const code = "t('orders.title');\nt(`ui.side.${side}`);\nt('orders.empty');";
    expect(transformed(code, 'features/orders/Orders.svelte')).toBe(
      `import "virtual:texts/orders";import "virtual:texts/ui";${code}`,
    );
  });

  it.each([
    ["import x from './orders.svelte';", 'features/orders/x.ts'],
    ["t('nothing.of_ours')", 'features/orders/x.ts'],
    ["t('orders.title')", 'core/i18n.ts'],
    ["t('orders.title')", 'features/orders/Orders.svelte?svelte&type=style&lang.css'],
  ])('leaves %s in %s alone', (code, file) => {
    expect(transformed(code, file)).toBeNull();
  });
});
