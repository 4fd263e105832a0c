import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { afterEach, describe, expect, it } from 'vitest';
import Sheet from '../../../src/ui/Sheet.svelte';

afterEach(cleanup);

const children = createRawSnippet(() => ({ render: () => '<p>inside</p>' }));

function sheet(extra: object = {}): { dialog: HTMLDialogElement; closed: () => number } {
  let count = 0;
  render(Sheet, { open: true, title: 'Connection', children, onclose: () => (count += 1), ...extra });
  return { dialog: screen.getByRole('dialog'), closed: () => count };
}

describe('Sheet', () => {
  it('is a modal dialog with a name', () => {
    const { dialog } = sheet();
    expect(dialog.open).toBe(true);
    expect(document.getElementById(dialog.getAttribute('aria-labelledby') ?? '')?.textContent).toBe('Connection');
    expect(screen.getByText('inside')).toBeTruthy();
  });

  it('closes once by its cross, by Escape, and by a tap beside it', async () => {
    for (const close of [
      () => fireEvent.click(screen.getByRole('button', { name: 'Close' })),
      () => fireEvent(screen.getByRole('dialog'), new Event('cancel', { cancelable: true })),
      async () => {
        await fireEvent.pointerDown(screen.getByRole('dialog'));
        await fireEvent.click(screen.getByRole('dialog'));
      },
    ]) {
      const { dialog, closed } = sheet();
      await close();
      expect(closed()).toBe(1);
      expect(dialog.open).toBe(false);
      cleanup();
    }
  });

  it('stays when a drag that began inside ends beside it', async () => {
    const { dialog, closed } = sheet();
    await fireEvent.pointerDown(screen.getByText('inside'));
    await fireEvent.click(dialog);
    expect(closed()).toBe(0);
  });

  it('stays when there is nothing to go back to', async () => {
    const { dialog, closed } = sheet({ dismissable: false });
    const escape = new Event('cancel', { cancelable: true });
    await fireEvent(dialog, escape);
    expect(escape.defaultPrevented).toBe(true);
    expect(screen.queryByRole('button', { name: 'Close' })).toBeNull();
    dialog.close(); // as a browser does on a second Escape
    expect([dialog.open, closed()]).toEqual([true, 0]);
  });
});
