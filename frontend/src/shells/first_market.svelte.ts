/** What is shown to somebody who has not chosen a market yet, or whose account is gone. */
import { accounts } from '../state/accounts.svelte';
import { instruments } from '../state/instruments.svelte';
import { route, select, selection } from '../state/route.svelte';

const LIKELY = ['BTC/USDT:USDT', 'BTC/USDC:USDC', 'ETH/USDT:USDT'];

/**
 * For a component's script: chooses the first account's likeliest market where none is chosen, and puts it in the
 * address where that is a market's. Pages that show the market beside something else have one too.
 */
export function firstMarket(): void {
  $effect(() => {
    const market = chosen() ?? likeliest();
    if (market === null) return;
    if (route.page === 'trade') select(market.account, market.symbol, { replace: true });
    else route.choose(market);
  });
}

function chosen(): { account: string; symbol: string } | null {
  const { account, symbol } = selection;
  return account !== null && symbol !== null && accounts.get(account) !== undefined ? { account, symbol } : null;
}

function likeliest(): { account: string; symbol: string } | null {
  const account = accounts.list[0]?.name;
  if (account === undefined) return null;
  const known = instruments.of(account).map((instrument) => instrument.symbol);
  const symbol = LIKELY.find((likely) => known.includes(likely)) ?? known[0];
  return symbol === undefined ? null : { account, symbol };
}
