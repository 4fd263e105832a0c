import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';
import { chunkOf } from './build/chunks.ts';
import { lateStyles } from './build/late_styles.ts';
import { serviceWorker } from './build/service_worker.ts';
import { texts } from './build/texts.ts';

// Where `npx vite` finds a desk; the built page is served by the desk itself.
const desk = process.env.HEDGEROW_URL ?? 'http://localhost:8040';
const token = process.env.HEDGEROW_TOKEN;

// The desk sees its own origin, not the dev server's; with a token nobody has to sign in.
const proxied = {
  target: desk,
  changeOrigin: true,
  headers: { origin: desk, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
};

export default defineConfig({
  plugins: [tailwindcss(), svelte(), texts(), lateStyles(), serviceWorker()],
  build: {
    outDir: '../src/hedgerow/page',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the CSP takes no data: scripts or styles
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: chunkOf() }] } } },
  },
  server: {
    proxy: {
      '/api': proxied,
      '/ws': { ...proxied, ws: true },
    },
  },
});
