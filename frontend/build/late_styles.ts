/** Puts the stylesheet behind the skeleton in index.html: the skeleton has a style of its own and need not wait for it. */
import type { Plugin } from 'vite';

const SHEET = /\s*<link rel="stylesheet"[^>]*>/g;
const BEFORE = '<div id="app">';

export function lateStyles(): Plugin {
  return {
    name: 'hedgerow-late-styles',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html) {
        const sheets = html.match(SHEET) ?? [];
        if (sheets.length === 0 || !html.includes(BEFORE)) throw new Error('index.html: no stylesheet, or no #app');
        return html.replace(SHEET, '').replace(BEFORE, `${sheets.join('').trim()}\n    ${BEFORE}`);
      },
    },
  };
}
