import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { StoryStepSchema } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import type { EventMessage } from '../events/read.ts';
import { plain } from '../otlp/attributes.ts';
import type { HeldSpan, Spans } from '../store/spans.ts';
import { timestampOf } from '../timestamp.ts';
import { hex } from '../traces/summary.ts';

type Step = MessageInitShape<typeof StoryStepSchema> & { timeMs: number };

export const EMERGENCY_ATTRIBUTE = 'kreki.emergency.id';
/** Spans looked at for one story. */
const SCAN_MAX = 600_000;

/** Spans about an emergency: the id is looked for in their bytes before they are decoded. */
export function spansAbout(spans: Spans, emergencyId: string): HeldSpan[] {
  const wanted = Buffer.from(emergencyId);
  const found: HeldSpan[] = [];
  let scanned = 0;
  for (const span of spans.backwards()) {
    if (++scanned > SCAN_MAX) break;
    if (!span.raw().includes(wanted)) continue;
    if (Object.values(plain(span.decode().attributes)).includes(emergencyId)) found.push(span);
  }
  return found.reverse();
}

const [SERVER, CLIENT, CONSUMER] = [2, 3, 5];

/**
 * What is told of what was recorded: calls answered, events handled, messages sent to providers, and whatever failed. That an event was
 * published, and what dispatch decided, the events themselves say.
 */
const isTold = ({ kind, root, fault }: HeldSpan) =>
  kind === SERVER || kind === CONSUMER || kind === CLIENT || root || fault;

/** What happened to an emergency in the order of time: its events, the calls about it, and what was sent. */
export function tellStory(spans: readonly HeldSpan[], events: readonly (EventMessage & { domain: string })[]): Step[] {
  const steps = [...spans.filter(isTold).map(callStep), ...events.map(eventStep)].sort((a, b) => a.timeMs - b.timeMs);
  const startMs = steps[0]?.timeMs ?? 0;
  return steps.map((step) => ({ ...step, sincePressMs: step.timeMs - startMs }));
}

const callStep = (span: HeldSpan): Step => ({
  timeMs: span.startMs,
  time: timestampOf(span.startMs),
  workload: span.workload,
  name: span.name,
  durationMs: span.durationMs,
  fault: span.fault,
  traceId: hex(span.traceId),
});

function eventStep(event: EventMessage & { domain: string }): Step {
  const timeMs = event.time ? timestampMs(event.time as Parameters<typeof timestampMs>[0]) : 0;
  return {
    timeMs,
    time: timestampOf(timeMs),
    workload: event.domain,
    name: event.type ?? '',
    contentJson: event.contentJson ?? '',
    traceId: event.traceId ?? '',
  };
}
