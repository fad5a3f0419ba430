import * as grpc from '@grpc/grpc-js';
import type { Receiver, Signal } from './receiver.ts';

const SERVICES: Readonly<Record<Signal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
};

const MAX_BYTES = 16 * 1024 * 1024;

/** OTLP over gRPC. Requests stay the bytes they are, since most of them is kept as it came. */
export async function serveOtlpGrpc(
  { host, port }: { host: string; port: number },
  receiver: Receiver,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = new grpc.Server({ 'grpc.max_receive_message_length': MAX_BYTES, 'grpc.enable_channelz': 0 });
  for (const [signal, service] of Object.entries(SERVICES) as [Signal, string][]) {
    server.addService(
      { export: exportMethod(service) },
      {
        export: (call: grpc.ServerUnaryCall<Buffer, Buffer>, answer: grpc.sendUnaryData<Buffer>) => {
          try {
            receiver.receive(signal, call.request);
            answer(null, EMPTY);
          } catch (error) {
            const details = error instanceof Error ? error.message : String(error);
            answer({ code: grpc.status.INVALID_ARGUMENT, details });
          }
        },
      },
    );
  }
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, grpc.ServerCredentials.createInsecure(), (error, number) =>
      error ? reject(error) : resolve(number),
    );
  });
  return {
    port: bound,
    stop: () =>
      new Promise((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), 1_000);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

/** The answer says nothing where everything was taken. */
const EMPTY = Buffer.alloc(0);

const same = (bytes: Buffer) => bytes;

const exportMethod = (service: string): grpc.MethodDefinition<Buffer, Buffer> => ({
  path: `/${service}/Export`,
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
});
