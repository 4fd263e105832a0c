import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';
import Lazy from '../../../src/features/app/Lazy.svelte';
import Empty from '../../../src/ui/Empty.svelte';

afterEach(cleanup);

describe('Lazy', () => {
  it('shows that it fetches, then what it fetched', async () => {
    render(Lazy, { props: { load: async () => ({ default: Empty as never }), props: { text: 'fetched' } } });
    expect(screen.getByRole('status', { name: 'Loading…' })).toBeTruthy();
    expect(await screen.findByText('fetched')).toBeTruthy();
  });

  it('offers to try again when it could not be fetched', async () => {
    let tries = 0;
    const load = async (): Promise<{ default: never }> => {
      tries += 1;
      if (tries === 1) throw new TypeError('Failed to fetch dynamically imported module');
      return { default: Empty as never };
    };
    render(Lazy, { props: { load, props: { text: 'fetched' } } });
    await fireEvent.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('fetched')).toBeTruthy();
    expect(tries).toBe(2);
  });
});
