import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';
import Seg from '../../../src/ui/Seg.svelte';

afterEach(cleanup);

const options = [
  { value: 'limit', label: 'Limit' },
  { value: 'market', label: 'Market' },
  { value: 'stop', label: 'Stop', disabled: true, why: 'This exchange has no stop orders' },
];

describe('Seg', () => {
  it('is a group of radio buttons with a name', async () => {
    const chosen: string[] = [];
    render(Seg, { options, value: 'limit', label: 'Order type', onchange: (value: string) => chosen.push(value) });
    expect(screen.getByRole('group', { name: 'Order type' })).toBeTruthy();
    expect(screen.getByRole<HTMLInputElement>('radio', { name: 'Limit' }).checked).toBe(true);
    await fireEvent.click(screen.getByRole('radio', { name: 'Market' }));
    expect(chosen).toEqual(['market']);
  });

  it('says why something is not offered, when it is touched', async () => {
    render(Seg, { options, value: 'limit', label: 'Order type' });
    const stop = screen.getByRole<HTMLInputElement>('radio', { name: /Stop/ });
    expect(stop.disabled).toBe(true);
    await fireEvent.pointerDown(stop.closest('label') as Element);
    expect(screen.getByText('This exchange has no stop orders', { selector: 'p' })).toBeTruthy();
  });
});
