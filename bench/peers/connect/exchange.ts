/** Loaded before a process of the mesh: gives it connect-node wherever it asks for the runtime's gRPC adapter. Everything else stays as it is. */
import { registerHooks } from 'node:module';

const PARTS = ['handlers.ts', 'server.ts', 'transport.ts'];

const exchanged = new Map(
  PARTS.map((part) => [
    new URL(`../../../mesh/runtime/rpc/${part}`, import.meta.url).href,
    new URL(part, import.meta.url).href,
  ]),
);

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const url = exchanged.get(found.url);
    return url ? { ...found, url } : found;
  },
});
