/** `npm run bench`: node runs no TypeScript by itself, so the bench is read as Vite reads it. */
import { runnerImport } from 'vite';

const path = new URL('./main.ts', import.meta.url).pathname;
const { module } = await runnerImport(path, { configFile: false, logLevel: 'error' });
await module.main(process.argv.slice(2));
