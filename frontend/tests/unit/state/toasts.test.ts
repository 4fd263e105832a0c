import { describe, expect, it } from 'vitest';
import { toasts } from '../../../src/state/toasts.svelte';

describe('toasts', () => {
  it('shows one toast a group, the latest, and few at a time', () => {
    toasts.show({ kind: 'fill', title: 'partly filled', group: 'order-1' });
    toasts.show({ kind: 'notice', title: 'other' });
    toasts.show({ kind: 'fill', title: 'filled', group: 'order-1' });
    expect(toasts.list.map((toast) => toast.title)).toEqual(['other', 'filled']);
    for (let i = 0; i < 5; i += 1) toasts.show({ kind: 'notice', title: `notice ${i}` });
    expect(toasts.list.map((toast) => toast.title)).toEqual(['notice 1', 'notice 2', 'notice 3', 'notice 4']);
    toasts.dismiss(toasts.list[0]?.id ?? -1);
    expect(toasts.list).toHaveLength(3);
  });
});
