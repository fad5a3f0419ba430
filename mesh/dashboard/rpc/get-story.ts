import { ConnectError, type ServiceImpl } from '@connectrpc/connect';
import type { TraceService } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { streamOf } from '@kreki/runtime/events/subjects';
import { serviceNames, services } from '../../topology.ts';
import type { Context } from '../context.ts';
import { type EventMessage, eventMessage, managerOf, readBackwards } from '../events/read.ts';
import type { HeldSpan } from '../store/spans.ts';
import { spansAbout, tellStory } from '../story/story.ts';
import { hex, summaryOf } from '../traces/summary.ts';

const EVENTS_MAX = 200;
const TRACES_MAX = 100;

export const getStory =
  (context: Context): ServiceImpl<typeof TraceService>['getStory'] =>
  async ({ emergencyId }) => {
    const { telemetry, sources } = context;
    const spans = spansAbout(telemetry.spans, emergencyId);
    const traceIds = [...new Set(spans.map(({ traceId }) => hex(traceId)))].slice(0, TRACES_MAX);
    const traces = traceIds.map((id) => [...telemetry.spans.ofTrace(Buffer.from(id, 'hex'))]);
    // The edge does not know which emergency a press makes: that its call is about it shows in what it called.
    const known = new Set(spans.map(placeOf));
    const beginnings = traces.flat().filter((span) => span.root && !known.has(placeOf(span)));
    const { events, problem } = await eventsAbout(context, emergencyId);
    const unread = problem ? [{ name: 'jetstream', available: false, problem }] : [];
    return {
      steps: tellStory([...beginnings, ...spans], events),
      traces: traces.map(summaryOf).filter((summary) => summary !== undefined),
      sources: [...sources.statuses().filter(({ name }) => name !== unread[0]?.name), ...unread],
    };
  };

const placeOf = ({ segment, index }: HeldSpan) => `${segment}:${index}`;

/** Events whose aggregate is the emergency, of every domain; where one cannot be read, the story is told without it. */
async function eventsAbout({ sources, eventTypes, log }: Context, emergencyId: string) {
  const events: (EventMessage & { domain: string })[] = [];
  let problem = '';
  for (const domain of serviceNames.filter((name) => services[name].publishes)) {
    try {
      const { found } = await readBackwards(managerOf(sources.bus), streamOf(domain), {
        before: undefined,
        limit: EVENTS_MAX,
        matches: ({ header }) => header.get('ce-subject') === emergencyId,
      });
      events.push(...found.map((message) => ({ ...eventMessage(eventTypes, message), domain })));
    } catch (error) {
      problem = `the events of ${domain} could not be read: ${ConnectError.from(error).rawMessage}`;
      log.warn({ err: error, domain }, 'a story is told without events');
    }
  }
  return { events, problem };
}
