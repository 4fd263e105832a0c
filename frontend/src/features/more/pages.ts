/** The pages that are reached through More, and their order there. */
import type { IconName } from '../../ui/Icon.svelte';

export interface Entry {
  page: 'fills' | 'closed' | 'equity' | 'accounts' | 'limits' | 'devices' | 'notices' | 'settings';
  icon: IconName;
}

export const HISTORY: readonly Entry[] = [
  { page: 'fills', icon: 'fills' },
  { page: 'closed', icon: 'orders' },
  { page: 'equity', icon: 'equity' },
];

export const DESK: readonly Entry[] = [
  { page: 'accounts', icon: 'accounts' },
  { page: 'limits', icon: 'limits' },
  { page: 'devices', icon: 'devices' },
  { page: 'notices', icon: 'notices' },
  { page: 'settings', icon: 'settings' },
];
