import { describe, expect, it } from 'vitest';
import { followLink, route, select, selection } from '../../../src/state/route.svelte';

function click(link: HTMLAnchorElement, how: MouseEventInit = {}): boolean {
  document.body.append(link);
  const event = new MouseEvent('click', { bubbles: true, cancelable: true, ...how });
  link.addEventListener('click', followLink);
  link.dispatchEvent(event);
  link.remove();
  return event.defaultPrevented;
}

function anchor(href: string): HTMLAnchorElement {
  const link = document.createElement('a');
  link.href = href;
  return link;
}

describe('route', () => {
  it('has the market in the address, and keeps it on other pages', () => {
    select('sim', 'BTC/USDT:USDT');
    expect(location.pathname).toBe('/trade/sim/BTC%2FUSDT%3AUSDT');
    route.go('/orders/42');
    expect([route.page, route.param]).toEqual(['order', '42']);
    expect([selection.account, selection.symbol]).toEqual(['sim', 'BTC/USDT:USDT']);
    expect(localStorage.getItem('hedgerow.market')).toContain('BTC/USDT:USDT');
  });

  it('takes a market without going to it', () => {
    route.go('/orders');
    route.choose({ account: 'sim', symbol: 'ETH/USDT:USDT' });
    expect(location.pathname).toBe('/orders');
    expect(selection.symbol).toBe('ETH/USDT:USDT');
  });

  it('follows links of its own, and leaves the rest to the browser', () => {
    expect(click(anchor('/positions'))).toBe(true);
    expect(route.page).toBe('positions');
    expect(click(anchor('/settings'), { ctrlKey: true })).toBe(false);
    expect(click(anchor('/api/fills.csv'))).toBe(false);
    expect(click(anchor('https://www.tradingview.com/'))).toBe(false);
    expect(route.page).toBe('positions');
  });
});
