import { readFileSync } from 'node:fs';
import type { Page } from '../http/front-door.ts';
import type { Registry } from '../registry.ts';
import { openApiDocument } from './document.ts';

const FILES: readonly (readonly [path: string, file: string, type: string])[] = [
  ['/docs', 'index.html', 'text/html; charset=utf-8'],
  ['/docs/style.css', 'style.css', 'text/css; charset=utf-8'],
  ['/docs/operation.css', 'operation.css', 'text/css; charset=utf-8'],
  ['/docs/app.js', 'app.js', 'text/javascript; charset=utf-8'],
  ['/docs/dom.js', 'dom.js', 'text/javascript; charset=utf-8'],
  ['/docs/operation.js', 'operation.js', 'text/javascript; charset=utf-8'],
  ['/docs/schema.js', 'schema.js', 'text/javascript; charset=utf-8'],
  ['/docs/trial.js', 'trial.js', 'text/javascript; charset=utf-8'],
];

/** The page runs what it brings itself, and nothing else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/openapi.json`, and `/docs` to read it. */
export function documentationPages(registry: Registry): Map<string, Page> {
  const openApi = Buffer.from(JSON.stringify(openApiDocument(registry)));
  const pages = new Map<string, Page>([['/openapi.json', page(openApi, 'application/json')]]);
  for (const [path, file, type] of FILES) {
    pages.set(path, page(readFileSync(new URL(`./page/${file}`, import.meta.url)), type, POLICY));
  }
  return pages;
}

const page =
  (body: Buffer, type: string, policy?: string): Page =>
  ({ response }) => {
    if (policy) response.setHeader('content-security-policy', policy);
    response.writeHead(200, { 'content-type': type, 'content-length': body.length, 'cache-control': 'no-cache' });
    response.end(body);
  };
