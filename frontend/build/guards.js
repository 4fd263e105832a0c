/**
 * Writes what nginx must say beside the built page: its content security policy, with the hashes of what index.html
 * carries inline. The order_manager works the same policy out for itself; a test holds the two together.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const page = new URL('../../src/hedgerow/page/', import.meta.url);
const index = readFileSync(new URL('index.html', page), 'utf8');

/** @param {RegExp} element its first group is the text inside */
function hashes(element) {
  const texts = [...index.matchAll(element)].map((found) => found[1] ?? '');
  return texts.map((text) => ` 'sha256-${createHash('sha256').update(text).digest('base64')}'`).join('');
}

const policy = [
  "default-src 'none'",
  `script-src 'self'${hashes(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)}`,
  `style-src 'self'${hashes(/<style[^>]*>([\s\S]*?)<\/style>/g)}`,
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

// A name that begins with a dot: neither nginx nor the order_manager serves it.
writeFileSync(new URL('.guards.conf', page), `map "" $desk_policy { default "${policy}"; }\n`);
