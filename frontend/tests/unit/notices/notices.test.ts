import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KINDS, SHIPPED, withKind } from '../../../src/features/notices/kinds';
import { EXAMPLES, isAddress, serviceLabel } from '../../../src/features/notices/services';

it('adds and takes kinds away, each once, in the order that all have', () => {
  fc.assert(
    fc.property(fc.subarray([...KINDS]), fc.constantFrom(...KINDS), fc.boolean(), (kinds, kind, chosen) => {
      const next = withKind(kinds, kind, chosen);
      expect(next).toEqual(KINDS.filter((each) => next.includes(each)));
      expect(next.includes(kind)).toBe(chosen);
      for (const other of KINDS.filter((each) => each !== kind))
        expect(next.includes(other)).toBe(kinds.includes(other));
    }),
  );
  expect(SHIPPED).not.toContain('rejected');
});

it('knows an address by its shape', () => {
  for (const { address } of EXAMPLES) expect(isAddress(address)).toBe(true);
  for (const text of ['', 'phone', 'tgram:/x', 'tgram:// x', '://x']) expect(isAddress(text)).toBe(false);
});

it('calls a service by its name, and one that is not known by its scheme', () => {
  expect(serviceLabel('tgram')).toBe('Telegram');
  expect(serviceLabel('zulip')).toBe('zulip');
});
