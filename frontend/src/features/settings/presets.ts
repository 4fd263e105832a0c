/** Sizes that the ticket offers at a touch, in percent of what is available. */

export const PRESETS_MOST = 6;
export const PRESETS_SHIPPED: readonly string[] = ['10', '25', '50', '100'];

export type PresetError = 'shape' | 'twice' | 'many';

/** A whole number from 1 to 100, as it is kept; null for anything else. */
export function asPreset(typed: string): string | null {
  const text = typed.trim().replace(/\s*%$/, '');
  if (!/^\d{1,3}$/.test(text)) return null;
  const percent = Number(text);
  return percent >= 1 && percent <= 100 ? String(percent) : null;
}

export function presetError(typed: string, presets: readonly string[]): PresetError | null {
  const preset = asPreset(typed);
  if (preset === null) return 'shape';
  if (presets.includes(preset)) return 'twice';
  return presets.length >= PRESETS_MOST ? 'many' : null;
}

/** Smallest first. */
export function withPreset(preset: string, presets: readonly string[]): string[] {
  return [...presets, preset].sort((a, b) => Number(a) - Number(b));
}
