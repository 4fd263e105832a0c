import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['node_modules', 'src/core/schema.ts', 'e2e/report'] },
  ...ts.configs.strict,
  ...svelte.configs['flat/recommended'],
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  {
    // What the page knows and how it talks runs without a DOM, and without Svelte.
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: ['svelte', 'svelte/*', '**/state/*', '**/ui/*', '**/features/*'] },
      ],
    },
  },
  {
    rules: {
      'no-restricted-globals': ['error', 'parseFloat'], // money is text; big.js reckons
      'svelte/no-at-html-tags': 'error',
    },
  },
);
