import { once } from 'node:events';
import { createServer } from 'node:http';
import { startTelemetry, stopTelemetry } from '../telemetry.ts';

/** Starts telemetry of this process, and takes what it sends over OTLP. */
export async function startCollector() {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      bodies.push(`${request.url} ${body}`);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${address.port}`;
  process.env.OTEL_EXPORTER_OTLP_PROTOCOL = 'http/protobuf';
  startTelemetry('test');
  return {
    /** Ends telemetry, and gives its metrics as they were sent: Protobuf, in which texts can be found. */
    async metrics(): Promise<string> {
      await stopTelemetry();
      return bodies.filter((body) => body.startsWith('/v1/metrics')).join('');
    },
    stop: () => void server.close(),
  };
}
