/** The process that makes the load, so that it shares no event loop with what is measured or with who measures. */
import { answerParent } from '../answer-parent.ts';
import { closedLoop, openLoop } from './loops.ts';
import type { Order, Outcome } from './order.ts';
import { openSender, type Send } from './senders.ts';

const senders = new Map<string, Send>();

answerParent(follow);

async function follow(order: Order): Promise<Outcome | undefined> {
  if (order.kind === 'prepare') {
    senders.set(order.name, openSender(order.load));
    return undefined;
  }
  const send = senders.get(order.name);
  if (!send) throw new Error(`no load ${order.name} was prepared`);
  return order.kind === 'closed'
    ? closedLoop(send, order.seconds, order.callers)
    : openLoop(send, order.seconds, order.perSecond);
}
