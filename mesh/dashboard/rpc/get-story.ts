import type { ServiceImpl } from '@connectrpc/connect';
import type { TraceService } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { streamOf } from '@kreki/runtime/events/subjects';
import { serviceNames, services } from '../../topology.ts';
import type { Context } from '../context.ts';
import { type EventMessage, eventMessage, managerOf, readBackwards } from '../events/read.ts';
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
    const traces = traceIds.map((id) => summaryOf([...telemetry.spans.ofTrace(Buffer.from(id, 'hex'))]));
    // The story is told without its events rather than not at all.
    const events = await eventsAbout(context, emergencyId).catch(() => []);
    return {
      steps: tellStory(spans, events),
      traces: traces.filter((summary) => summary !== undefined),
      sources: sources.statuses(),
    };
  };

/** Events whose aggregate is the emergency, of every domain. */
async function eventsAbout({ sources, eventTypes }: Context, emergencyId: string) {
  const manager = managerOf(sources.bus);
  const domains = serviceNames.filter((name) => services[name].publishes);
  const found = await Promise.all(
    domains.map(async (domain): Promise<(EventMessage & { domain: string })[]> => {
      const page = await readBackwards(manager, streamOf(domain), {
        before: undefined,
        limit: EVENTS_MAX,
        matches: ({ header }) => header.get('ce-subject') === emergencyId,
      });
      return page.found.map((message) => ({ ...eventMessage(eventTypes, message), domain }));
    }),
  );
  return found.flat();
}
