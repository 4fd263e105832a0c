import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  affordable,
  contractsOf,
  inBase,
  inUnit,
  notionalOf,
  partOf,
  positiveOrZero,
  sizeOf,
  type SizingBasis,
  type SizeUnit,
} from '../../../src/core/sizing';

const BTC: SizingBasis = { contractSize: '1', amountStep: '0.001', price: '59729', full: '1.674' };

const decimal = (most: number, places: number) =>
  fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 0, max: places })).map(([digits, shift]) => {
    return new Big(digits).times(new Big(10).pow(-shift)).toFixed();
  });
const basis: fc.Arbitrary<SizingBasis> = fc
  .record({
    contractSize: fc.constantFrom('1', '0.1', '0.001', '10', '1000'),
    amountStep: fc.constantFrom('1', '0.1', '0.001', '0.005', '10'),
    price: decimal(10_000_000, 6),
    lots: fc.integer({ min: 1, max: 5_000_000 }),
  })
  .map(({ lots, ...rest }) => ({ ...rest, full: new Big(lots).times(rest.amountStep).toFixed() }));
const unit: fc.Arbitrary<SizeUnit> = fc.constantFrom('base', 'quote', 'contracts', 'percent');
const worth = (contracts: string, of: SizeUnit, by: SizingBasis): Big => {
  if (of === 'contracts') return new Big(contracts);
  if (of === 'base') return new Big(contracts).times(by.contractSize);
  if (of === 'quote') return new Big(contracts).times(by.contractSize).times(by.price ?? '0');
  return new Big(contracts).times(100).div(by.full ?? '1');
};

describe('contractsOf', () => {
  it.each<[string, SizeUnit, string]>([
    ['0.5204', 'base', '0.52'],
    ['31064', 'quote', '0.52'],
    ['0.0009', 'base', '0'],
    ['25', 'percent', '0.418'],
    ['100', 'percent', '1.674'],
    ['.5', 'contracts', '0.5'],
  ])('%s in %s is %s contracts', (size, in_, contracts) => {
    expect(contractsOf(size, in_, BTC)).toBe(contracts);
  });

  it('counts contracts of more than one coin', () => {
    const thousands = { contractSize: '1000', amountStep: '1', price: '0.25', full: null };
    expect(contractsOf('2500', 'base', thousands)).toBe('2');
    expect(contractsOf('999', 'quote', thousands)).toBe('3');
  });

  it.each(['', '1e3', '-1', '1,5', ' 1', '.', '0x1', 'NaN'])('says nothing of %j', (text) => {
    expect(positiveOrZero(text)).toBeNull();
    expect(contractsOf(text, 'base', BTC)).toBeNull();
  });

  it('says nothing in quote without a price, nor in percent of what is not known', () => {
    expect(contractsOf('100', 'quote', { ...BTC, price: null })).toBeNull();
    expect(contractsOf('100', 'quote', { ...BTC, price: '0' })).toBeNull();
    expect(contractsOf('50', 'percent', { ...BTC, full: null })).toBeNull();
  });

  it('is never more than was asked, and less by under one lot', () => {
    fc.assert(
      fc.property(decimal(100_000_000, 8), unit, basis, (size, of, by) => {
        const contracts = contractsOf(size, of, by) ?? '';
        expect(new Big(contracts).mod(by.amountStep).eq(0)).toBe(true);
        expect(
          new Big(size).gte(of === 'percent' ? worth(contracts, of, by).round(18, 0) : worth(contracts, of, by)),
        ).toBe(true);
        const next = new Big(contracts).plus(by.amountStep).toFixed();
        expect(worth(next, of, by).round(18, 3).gt(size)).toBe(true);
      }),
    );
  });
});

describe('the other units', () => {
  it('keep the contracts, whatever the way', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000_000 }), unit, unit, basis, (lots, from, to, by) => {
        const contracts = new Big(lots).times(by.amountStep).toFixed();
        const size = sizeOf(contracts, from, by) ?? '';
        expect(contractsOf(size, from, by)).toBe(contracts);
        expect(contractsOf(inUnit(size, from, to, by) ?? '', to, by)).toBe(contracts);
      }),
    );
  });

  it('show what is whole after typing a broken size', () => {
    expect(inUnit('31064', 'quote', 'base', BTC)).toBe('0.52');
    expect(inUnit('0.52', 'base', 'quote', BTC)).toBe('31059.08');
    expect(inUnit('0.418', 'base', 'percent', BTC)).toBe('25');
  });

  it('leave the field alone where they cannot be reckoned', () => {
    expect(inUnit('1', 'base', 'quote', { ...BTC, price: null })).toBeNull();
    expect(inUnit('1', 'base', 'percent', { ...BTC, full: '0' })).toBeNull();
    expect(inUnit('', 'base', 'quote', BTC)).toBe('');
  });
});

describe('affordable', () => {
  it('leaves room for the fees of both ways', () => {
    // 1000 x 10 / (50000 x (1 + 2 x 0.00055 x 10)) = 0.19782...
    const by = { contractSize: '1', amountStep: '0.001', price: '50000' };
    expect(affordable('1000', '10', '0.00055', by)).toBe('0.197');
    expect(affordable('0', '10', '0.00055', by)).toBe('0');
    expect(affordable('1000', '10', '0.00055', { ...by, price: null })).toBeNull();
  });

  it('never binds more than there is', () => {
    fc.assert(
      fc.property(decimal(10_000_000, 2), fc.integer({ min: 1, max: 100 }), basis, (available, times, by) => {
        const contracts = affordable(available, String(times), '0.00055', by) ?? '';
        const notional = new Big(notionalOf(contracts, by.contractSize, by.price ?? '0'));
        const cost = notional.div(times).plus(notional.times('0.0011'));
        expect(cost.round(12, 0).lte(available)).toBe(true);
      }),
    );
  });
});

it('a part of a position is whole lots, and the whole is all of it', () => {
  expect(partOf('0.007', 50, '0.001')).toBe('0.003');
  expect(partOf('0.007', 100, '0.001')).toBe('0.007');
  expect(inBase('7', '0.01')).toBe('0.07');
});
