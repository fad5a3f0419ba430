/** The links of a run, in a thread of their own: what goes through them waits neither for the load nor for the audit. */
import { parentPort } from 'node:worker_threads';
import type { Condition, LinkState } from '@kreki/runtime/testing/link/condition';
import { Link } from '@kreki/runtime/testing/link/link';

export type Order =
  | { readonly do: 'open'; readonly name: string; readonly port: number; readonly target: number }
  | { readonly do: 'set'; readonly name: string; readonly condition: Condition }
  | { readonly do: 'forget'; readonly name: string }
  | { readonly do: 'states' };

export interface Answer {
  readonly id: number;
  readonly error?: string;
  readonly states?: Readonly<Record<string, LinkState>>;
}

const links = new Map<string, Link>();

function linkOf(name: string): Link {
  const link = links.get(name);
  if (!link) throw new Error(`there is no link ${name}`);
  return link;
}

async function obey(order: Order): Promise<Record<string, LinkState> | undefined> {
  switch (order.do) {
    case 'open': {
      const link = new Link(order.port, order.target);
      links.set(order.name, link);
      await link.start();
      return undefined;
    }
    case 'set':
      await linkOf(order.name).set(order.condition);
      return undefined;
    case 'forget':
      linkOf(order.name).forget();
      return undefined;
    case 'states':
      return Object.fromEntries([...links].map(([name, link]) => [name, link.state()]));
    default:
      return order satisfies never;
  }
}

parentPort?.on('message', async ({ id, order }: { id: number; order: Order }) => {
  const answer = await obey(order).then(
    (states): Answer => ({ id, ...(states && { states }) }),
    (error: Error): Answer => ({ id, error: error.message }),
  );
  parentPort?.postMessage(answer);
});
