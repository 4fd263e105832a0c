import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';
import Confirm from '../../../src/ui/Confirm.svelte';

afterEach(cleanup);

function asked(): { confirm: (detail: number, timeStamp: number) => Promise<boolean>; confirmed: () => number } {
  let count = 0;
  render(Confirm, {
    open: true,
    title: 'Close?',
    text: 'All of it',
    confirmLabel: 'Do',
    onconfirm: () => (count += 1),
  });
  const button = screen.getByRole('button', { name: 'Do' });
  return {
    confirm: (detail, timeStamp) => {
      const click = new MouseEvent('click', { bubbles: true, detail });
      return fireEvent(button, Object.defineProperty(click, 'timeStamp', { value: timeStamp }));
    },
    confirmed: () => count,
  };
}

describe('Confirm', () => {
  it('takes a click for an answer', async () => {
    const { confirm, confirmed } = asked();
    await confirm(1, performance.now());
    expect(confirmed()).toBe(1);
  });

  it('takes none that was made before the question stood there, and not the second of a double click', async () => {
    const { confirm, confirmed } = asked();
    await confirm(1, performance.now() - 1_000);
    await confirm(2, performance.now() + 1_000);
    expect(confirmed()).toBe(0);
    expect(screen.getByRole<HTMLDialogElement>('dialog').open).toBe(true);
  });
});
