/** Figures as a table: what was aimed at, what was reached. */

export interface Figure {
  name: string;
  unit: 'kB' | 'ms' | 's' | '';
  /** One a round, in `unit`. */
  values: number[];
  /** Null: nobody set one. */
  limit: number | null;
  atLeast?: boolean;
  places?: number;
}

/** What one part of the bench has found; `notes` say under which circumstances, a sentence each. */
export interface Found {
  figures: Figure[];
  notes: string[];
}

/** NaN of an empty list; of an even count the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that so large a share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? NaN;
}

export function isMet({ values, limit, atLeast = false }: Figure): boolean | null {
  if (limit === null) return null;
  return atLeast ? median(values) >= limit : median(values) <= limit;
}

/** As Markdown. */
export function table(figures: readonly Figure[]): string {
  return ['| figure | target | reached | rounds | |', '|---|---|---|---|---|', ...figures.map(row)].join('\n');
}

function row(figure: Figure): string {
  const { name, unit, values, limit, atLeast, places = 0 } = figure;
  const shown = (value: number): string => `${value.toFixed(places)}${unit === '' ? '' : ` ${unit}`}`;
  const spread = values.length < 2 ? '' : `${Math.min(...values).toFixed(places)} – ${shown(Math.max(...values))}`;
  const target = limit === null ? '' : `${atLeast ? '≥' : '≤'} ${limit}${unit === '' ? '' : ` ${unit}`}`;
  const met = isMet(figure);
  return `| ${name} | ${target} | ${shown(median(values))} | ${spread} | ${met === null ? '' : met ? 'met' : 'not met'} |`;
}
