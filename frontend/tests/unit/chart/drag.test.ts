import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unanswered } from '../../../src/core/problem';
import {
  allows,
  answer,
  AT_REST,
  discard,
  drop,
  grab,
  moveTo,
  observe,
  refuse,
  send,
  type Drag,
} from '../../../src/features/chart/drag';

const PROBLEM = unanswered('timeout');

function moving(price: string): Drag {
  return moveTo(grab(AT_REST, '100'), price);
}

describe('a drag', () => {
  it('is sent when it is let go, where no confirmation is wanted', () => {
    const sent = drop(moving('101'), '100', false, 7);
    expect(sent).toMatchObject({ phase: 'sent', price: '101', version: 7, answered: false });
  });

  it('is proposed first, where one is wanted, and can be grabbed again from there', () => {
    const proposed = drop(moving('101'), '100', true, 7);
    expect(proposed).toMatchObject({ phase: 'proposed', price: '101' });
    expect(grab(proposed, '100')).toMatchObject({ phase: 'moving', price: '101' });
    expect(send(proposed, 7).phase).toBe('sent');
    expect(discard(proposed)).toEqual(AT_REST);
  });

  it('costs nothing when it ends where it began, however the price is written', () => {
    expect(drop(moving('100.0'), '100', false, 7)).toEqual(AT_REST);
    expect(drop(grab(AT_REST, '100'), '100', true, 7)).toEqual(AT_REST);
  });

  it('stays where it was sent until the events have it there', () => {
    const sent = answer(send(moving('101'), 7));
    expect(observe(sent, '100', 7, false)).toBe(sent);
    expect(observe(sent, '100', 8, true)).toBe(sent);
    expect(observe(sent, '101.0', 8, false)).toMatchObject({ phase: 'idle', price: null });
  });

  it('shows the truth when the exchange settled on something else', () => {
    const sent = send(moving('101'), 7);
    expect(observe(sent, '100.5', 8, false).phase).toBe('sent');
    expect(observe(answer(sent), '100.5', 8, false)).toMatchObject({ phase: 'idle', price: null });
  });

  it('snaps back when it is refused, and says why until it is dismissed', () => {
    const refused = refuse(send(moving('101'), 7), PROBLEM);
    expect(refused).toMatchObject({ phase: 'refused', price: null, problem: PROBLEM });
    expect(discard(refused)).toMatchObject({ phase: 'idle', problem: null });
    expect(grab(refused, '100')).toMatchObject({ phase: 'moving', price: '100', problem: null });
  });

  it('takes no hand while it is on its way', () => {
    const sent = send(moving('101'), 7);
    expect(allows(sent, 'grab')).toBe(false);
    expect(grab(sent, '100')).toBe(sent);
    expect(discard(sent)).toBe(sent);
  });

  it('holds a price exactly while it is moved, proposed or sent, whatever happens in whatever order', () => {
    const act = fc.constantFrom<(drag: Drag) => Drag>(
      (drag) => grab(drag, '100'),
      (drag) => moveTo(drag, '101'),
      (drag) => drop(drag, '100', true, 1),
      (drag) => drop(drag, '100', false, 1),
      (drag) => send(drag, 1),
      discard,
      answer,
      (drag) => refuse(drag, PROBLEM),
      (drag) => observe(drag, '101', 2, false),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        let drag = AT_REST;
        for (const each of acts) {
          drag = each(drag);
          expect(drag.price !== null).toBe(['moving', 'proposed', 'sent'].includes(drag.phase));
          expect(drag.problem !== null).toBe(drag.phase === 'refused');
        }
      }),
    );
  });
});
