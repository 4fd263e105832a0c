import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';
import NumberField from '../../../src/ui/NumberField.svelte';

afterEach(cleanup);

function price(extra: object = {}): { field: HTMLInputElement; said: string[] } {
  const said: string[] = [];
  render(NumberField, { label: 'Price', value: '100.0', step: '0.5', oninput: (v: string) => said.push(v), ...extra });
  return { field: screen.getByRole<HTMLInputElement>('textbox', { name: 'Price' }), said };
}

describe('NumberField', () => {
  it('takes decimals only, with a comma for a dot', async () => {
    const { field, said } = price();
    await fireEvent.input(field, { target: { value: '59 729,5' } });
    expect(said.at(-1)).toBe('59729.5');
    await fireEvent.input(field, { target: { value: '59729.5x' } });
    expect(field.value).toBe('59729.5');
  });

  it('moves by its step: buttons, arrows, ten times with Shift', async () => {
    const { field, said } = price();
    await fireEvent.click(screen.getByRole('button', { name: 'Price: one step up' }));
    await fireEvent.keyDown(field, { key: 'ArrowDown', shiftKey: true });
    expect(said).toEqual(['100.5', '95.5']);
  });

  it('says Enter and Escape to whoever asked', async () => {
    const keys: string[] = [];
    const { field } = price({ onenter: () => keys.push('enter'), onescape: () => keys.push('escape') });
    await fireEvent.keyDown(field, { key: 'Enter' });
    await fireEvent.keyDown(field, { key: 'Escape' });
    expect(keys).toEqual(['enter', 'escape']);
  });

  it('ties its error to the field', () => {
    const { field } = price({ error: 'Not a multiple of 0.5' });
    expect(field.getAttribute('aria-invalid')).toBe('true');
    const tied = field.getAttribute('aria-describedby')?.split(' ') ?? [];
    expect(tied.map((id) => document.getElementById(id)?.textContent)).toContain('Not a multiple of 0.5');
  });
});
