import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';

const types: Readonly<Record<string, string>> = {
  '/': 'text/html; charset=utf-8',
  '/page/style.css': 'text/css; charset=utf-8',
  '/page/list.css': 'text/css; charset=utf-8',
  '/page/phone.css': 'text/css; charset=utf-8',
  '/page/app.js': 'text/javascript; charset=utf-8',
  '/page/phone.js': 'text/javascript; charset=utf-8',
  '/page/texts.js': 'text/javascript; charset=utf-8',
};

/** Serves the live page; false when the path is none of its files. */
export function servePage(path: string, response: ServerResponse): boolean {
  const type = types[path];
  if (!type) return false;
  const file = path === '/' ? 'index.html' : path.slice('/page/'.length);
  const bytes = readFileSync(new URL(`../page/${file}`, import.meta.url));
  response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': 'no-cache',
    'content-security-policy': "default-src 'self'; img-src data:; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
  });
  response.end(bytes);
  return true;
}
