import { durationMs } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import type { SearchTracesRequest } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { fail } from '@kreki/runtime/errors';
import { plain } from '../otlp/attributes.ts';
import { OWN_NAME } from '../own-name.ts';
import { spanOf } from '../signals/range.ts';
import type { HeldSpan } from '../store/spans.ts';

export type Matches = (span: HeldSpan) => boolean;

/** Whether one span meets every condition of a search; the cheap ones are asked first. The dashboard's own are found by its name alone. */
export function matcher(request: SearchTracesRequest): Matches {
  const { workload, operation, code } = request;
  const { startMs, endMs } = spanOf(request.range);
  const atLeast = request.minDuration ? durationMs(request.minDuration) : 0;
  const atMost = request.maxDuration ? durationMs(request.maxDuration) : Number.POSITIVE_INFINITY;
  const part = operation.toLowerCase();
  const hasAttribute = attributeMatcher(request.attribute);
  return (span) =>
    span.startMs >= startMs &&
    span.startMs <= endMs &&
    span.durationMs >= atLeast &&
    span.durationMs <= atMost &&
    (workload ? span.workload === workload : span.workload !== OWN_NAME) &&
    (!code || (code === 'fault' ? span.fault : span.code === code.toLowerCase())) &&
    (!part || span.name.toLowerCase().includes(part)) &&
    hasAttribute(span);
}

/** The value is looked for in the bytes first: hardly any span holds it, and only those are decoded. */
function attributeMatcher(attribute: string): Matches {
  if (!attribute) return () => true;
  const split = attribute.indexOf('=');
  if (split < 1) {
    throw fail(Code.InvalidArgument, 'ATTRIBUTE_INVALID', 'attribute must be "name=value"', { field: 'attribute' });
  }
  const [name, value] = [attribute.slice(0, split), attribute.slice(split + 1)];
  const bytes = Buffer.from(name);
  return (span) => span.raw().includes(bytes) && plain(span.decode().attributes)[name] === value;
}
