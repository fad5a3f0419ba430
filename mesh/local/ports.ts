/** Which ports the mesh uses on this machine, and who holds one that is taken. */
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { dashboard, gateway, type ServiceName, servers, serviceNames, services, simulators } from '../topology.ts';

export interface Port {
  readonly number: number;
  /** Environment variable that changes it. */
  readonly variable: string;
  readonly purpose: string;
}

export interface Ports {
  readonly http: Port;
  readonly h2c: Port;
  readonly simulators: Port;
  readonly smtp: Port;
  readonly dashboard: Port;
  readonly otlpGrpc: Port;
  readonly otlpHttp: Port;
  readonly services: Readonly<Record<ServiceName, Port>>;
  readonly servers: ServerPorts;
}

export type ServerPorts = Readonly<Record<'postgres' | 'nats' | 'redis', Port>>;

/** @throws Error that names every variable that is not a port. */
export function readPorts(env: NodeJS.ProcessEnv): Ports {
  const problems: string[] = [];
  const port = (variable: string, preset: number, purpose: string): Port => {
    const number = Number(env[variable] || preset);
    if (!Number.isInteger(number) || number < 1 || number > 65_535) problems.push(`${variable}=${env[variable]}`);
    return { number, variable, purpose };
  };
  const ports: Ports = {
    http: port('KREKI_HTTP_PORT', gateway.httpPort, 'edge, HTTP/1.1'),
    h2c: port('KREKI_H2C_PORT', gateway.h2cPort, 'edge, h2c'),
    simulators: port('KREKI_SIMULATORS_PORT', simulators.httpPort, 'simulators'),
    smtp: port('KREKI_SMTP_PORT', simulators.smtpPort, 'simulators, SMTP'),
    dashboard: port('KREKI_DASHBOARD_PORT', dashboard.httpPort, 'dashboard'),
    otlpGrpc: port('KREKI_OTLP_GRPC_PORT', dashboard.otlpGrpcPort, 'OTLP over gRPC'),
    otlpHttp: port('KREKI_OTLP_HTTP_PORT', dashboard.otlpHttpPort, 'OTLP over HTTP'),
    services: Object.fromEntries(
      serviceNames.map((name) => [name, port(`KREKI_${name.toUpperCase()}_PORT`, services[name].port, name)]),
    ) as Record<ServiceName, Port>,
    servers: {
      postgres: port('KREKI_POSTGRES_PORT', servers.postgresPort, 'PostgreSQL'),
      nats: port('KREKI_NATS_PORT', servers.natsPort, 'NATS'),
      redis: port('KREKI_REDIS_PORT', servers.redisPort, 'Redis'),
    },
  };
  if (problems.length > 0) throw new Error(`not a port between 1 and 65535: ${problems.join(', ')}`);
  return ports;
}

/** @throws Error that names every taken or twice used port, who holds it, and the variable that moves it. */
export async function requireFree(ports: readonly Port[]): Promise<void> {
  const problems: string[] = [];
  for (const [index, port] of ports.entries()) {
    const move = `set ${port.variable} to another port`;
    const twin = ports.slice(0, index).find((other) => other.number === port.number);
    if (twin) problems.push(`Port ${port.number} is both ${twin.purpose} and ${port.purpose}: ${move}.`);
    else if (!(await isFree(port.number))) {
      const holder = await findHolder(port.number);
      problems.push(`Port ${port.number} (${port.purpose}) is taken${holder ? ` by ${holder}` : ''}: ${move}.`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n  '));
}

/** Both the loopback and the wildcard address, since either would answer in our place or stop us. */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

async function findHolder(port: number): Promise<string | undefined> {
  const run = promisify(execFile);
  const ss = await run('ss', ['-Hltnp', `sport = :${port}`]).catch(() => ({ stdout: '' }));
  const listed = /users:\(\("([^"]+)",pid=(\d+)/.exec(ss.stdout);
  if (listed) return `${listed[1]} (process ${listed[2]})`;
  const lsof = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']).catch(() => ({ stdout: '' }));
  const found = /p(\d+)\nc(.+)/.exec(lsof.stdout);
  return found ? `${found[2]} (process ${found[1]})` : undefined;
}
