import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Settings from '../../../src/features/settings/Settings.svelte';
import { install } from '../../../src/state/install.svelte';
import { parsePrefs, prefs } from '../../../src/state/prefs.svelte';

beforeEach(() => {
  vi.stubGlobal('isSecureContext', true);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  Object.assign(prefs, parsePrefs(null));
});

describe('Settings', () => {
  it('keeps what is chosen, at once', async () => {
    render(Settings);
    await fireEvent.click(screen.getByRole('radio', { name: 'Light' }));
    await fireEvent.click(screen.getByRole('radio', { name: 'Blue up, orange down' }));
    await fireEvent.click(screen.getByRole('radio', { name: 'Dense' }));
    await fireEvent.click(screen.getByRole('switch', { name: /^A limit order/ }));
    await waitFor(() => expect(document.documentElement.dataset['colours']).toBe('blue-orange'));
    expect(document.documentElement.dataset['theme']).toBe('light');
    expect(parsePrefs(localStorage.getItem('hedgerow.prefs'))).toMatchObject({
      theme: 'light',
      colours: 'blue-orange',
      density: 'dense',
      confirm: { limit: true, market: true },
    });
  });

  it('hands on the browser’s offer to install, once', async () => {
    const stop = install.watch();
    const prompt = vi.fn(async () => ({ outcome: 'dismissed' }));
    dispatchEvent(Object.assign(new Event('beforeinstallprompt'), { prompt }));
    render(Settings);
    await fireEvent.click(screen.getByRole('button', { name: 'Install Hedgerow' }));
    expect(prompt).toHaveBeenCalledTimes(1);
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Install Hedgerow' })).toBeNull());
    dispatchEvent(Object.assign(new Event('beforeinstallprompt'), { prompt }));
    expect(await screen.findByRole('button', { name: 'Install Hedgerow' })).toBeTruthy();
    dispatchEvent(new Event('appinstalled'));
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Install Hedgerow' })).toBeNull());
    stop();
  });

  it('takes a worth above which an order is typed for', async () => {
    render(Settings);
    const field = screen.getByRole('textbox', { name: 'Type to send, above' });
    await fireEvent.input(field, { target: { value: '25 000' } });
    expect(prefs.typedAbove).toBe('25000');
    await fireEvent.input(field, { target: { value: '' } });
    expect(prefs.typedAbove).toBe('');
  });

  it('says what goes out at one press', async () => {
    render(Settings);
    expect(screen.queryByText(/One press does it/)).toBeNull();
    await fireEvent.click(screen.getByRole('switch', { name: /^A market order/ }));
    expect(screen.getByText(/^One press does it: A market order\./)).toBeTruthy();
  });

  it('adds and removes presets, smallest first', async () => {
    render(Settings);
    const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'New preset' });
    const add = async (value: string): Promise<void> => {
      await fireEvent.input(field, { target: { value } });
      await fireEvent.click(screen.getByRole('button', { name: 'Add' }));
    };
    await add('75');
    expect(prefs.presets).toEqual(['10', '25', '50', '75', '100']);
    await add('75');
    expect(screen.getByRole('alert').textContent).toBe('It is there already.');
    await add('101');
    expect(screen.getByRole('alert').textContent).toBe('A whole number from 1 to 100.');
    await fireEvent.click(screen.getByRole('button', { name: 'Remove 25 %' }));
    expect(prefs.presets).toEqual(['10', '50', '75', '100']);
    await fireEvent.click(screen.getByRole('button', { name: 'As shipped' }));
    expect(prefs.presets).toEqual(['10', '25', '50', '100']);
  });
});
