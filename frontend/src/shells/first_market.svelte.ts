/** What is shown to somebody who has not chosen a market yet, or whose account is gone. */
import { accounts } from '../state/accounts.svelte';
import { instruments } from '../state/instruments.svelte';
import { route, select, selection } from '../state/route.svelte';

const LIKELY = ['BTC/USDT:USDT', 'BTC/USDC:USDC', 'ETH/USDT:USDT'];

/** For a component's script: chooses the first account's likeliest market where none is chosen, and puts it in the address. */
export function firstMarket(): void {
  $effect(() => {
    if (route.page !== 'trade' || accounts.list.length === 0) return;
    const chosen = selection.account !== null && accounts.get(selection.account) !== undefined;
    if (chosen && selection.account !== null && selection.symbol !== null) {
      select(selection.account, selection.symbol, { replace: true });
      return;
    }
    const account = accounts.list[0]?.name;
    if (account === undefined) return;
    const known = instruments.of(account).map((instrument) => instrument.symbol);
    const symbol = LIKELY.find((likely) => known.includes(likely)) ?? known[0];
    if (symbol !== undefined) select(account, symbol, { replace: true });
  });
}
