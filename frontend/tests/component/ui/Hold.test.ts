import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Hold from '../../../src/ui/Hold.svelte';

let confirmed = 0;
const button = (): HTMLElement => screen.getByRole('button');

beforeEach(() => {
  vi.useFakeTimers();
  confirmed = 0;
  render(Hold, { label: 'Flatten all', ms: 700, onconfirm: () => (confirmed += 1) });
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

async function press(pointerType: string): Promise<void> {
  await fireEvent.pointerDown(button(), { pointerType, button: 0 });
}

async function release(detail = 1): Promise<void> {
  await fireEvent.pointerUp(button());
  await fireEvent.click(button(), { detail });
}

describe('Hold', () => {
  it('confirms once when held long enough, and the release adds nothing', async () => {
    await press('touch');
    vi.advanceTimersByTime(699);
    expect(confirmed).toBe(0);
    vi.advanceTimersByTime(1);
    expect(confirmed).toBe(1);
    await release();
    vi.advanceTimersByTime(10_000);
    expect(confirmed).toBe(1);
  });

  it('of a page that stood still is not held: the release is heard first', async () => {
    await press('touch');
    vi.advanceTimersByTime(200); // let go here, and the page hears of it only when it goes on
    const standing = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_500);
    vi.advanceTimersByTime(500); // the timer comes, a second late
    expect(confirmed).toBe(0);
    await release();
    vi.advanceTimersByTime(5_000);
    expect(confirmed).toBe(0);
    standing.mockRestore();
  });

  it('is held though the page stood still, once nothing else was heard', async () => {
    await press('touch');
    const late = performance.now() + 1_500;
    const standing = vi.spyOn(performance, 'now').mockReturnValueOnce(late);
    vi.advanceTimersByTime(700);
    expect(confirmed).toBe(0);
    standing.mockRestore();
    vi.setSystemTime(late);
    vi.advanceTimersByTime(2_000);
    expect(confirmed).toBe(1);
  });

  it('lifts without a click on what lies beneath, once it has confirmed', async () => {
    const lift = (): Event => new Event('touchend', { bubbles: true, cancelable: true });
    const target = button();
    await press('touch');
    expect(target.dispatchEvent(lift())).toBe(true);
    vi.advanceTimersByTime(700);
    target.remove(); // what was confirmed took its button away
    expect(target.dispatchEvent(lift())).toBe(false);
  });

  it('does nothing on a tap but say that it wants to be held', async () => {
    for (let tap = 0; tap < 3; tap += 1) {
      await press('touch');
      await release();
    }
    expect(confirmed).toBe(0);
    expect(button().textContent).toContain('Hold: Flatten all');
  });

  it.each(['pointerLeave', 'pointerCancel'] as const)('is given up by %s', async (end) => {
    await press('touch');
    await fireEvent[end](button());
    vi.advanceTimersByTime(5_000);
    expect(confirmed).toBe(0);
  });

  it('asks once more for the keyboard, and a double press is no answer', async () => {
    const at = (timeStamp: number): Event =>
      Object.defineProperty(new MouseEvent('click', { bubbles: true, detail: 0 }), 'timeStamp', { value: timeStamp });
    await fireEvent(button(), at(1_000));
    expect(button().textContent).toContain('Press again');
    await fireEvent(button(), at(1_200));
    expect(confirmed).toBe(0);
    await fireEvent(button(), at(1_600));
    expect(confirmed).toBe(1);
    expect(button().textContent).not.toContain('Press again');
  });

  it('forgets the first press after a while', async () => {
    await fireEvent.click(button(), { detail: 0 });
    await vi.advanceTimersByTimeAsync(4_000);
    expect(button().textContent).toContain('Flatten all');
    expect(button().textContent).not.toContain('Press again');
  });
});
