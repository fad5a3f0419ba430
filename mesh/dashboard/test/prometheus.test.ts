import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { EdgeKind, EdgeSecurity, NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { createLogger } from '@kreki/runtime/log';
import { edgeMessage, Graph } from '../map/graph.ts';
import { addProxies } from '../map/proxies.ts';
import { openPrometheus } from '../sources/prometheus.ts';
import { ProxySource } from '../sources/proxies.ts';
import { readProxyEdges } from '../sources/proxy-edges.ts';

const log = createLogger('test', 'silent');
const ACCOUNT = 'serviceaccount.identity.linkerd.cluster.local';

type Series = [labels: Record<string, string>, value: string];

/** What a Prometheus that scrapes Linkerd's proxies answers, by the metric that a query names and its direction. */
const SEEN: Readonly<Record<string, readonly Series[]>> = {
  'outbound request_total': [[{ deployment: 'gateway', dst_deployment: 'emergency' }, '121.4']],
  'outbound response_total': [
    [
      {
        ...{ deployment: 'gateway', dst_deployment: 'emergency', tls: 'true', classification: 'success' },
        server_id: `emergency.kreki.${ACCOUNT}`,
      },
      '108.2',
    ],
    [
      {
        ...{ deployment: 'gateway', dst_deployment: 'emergency', tls: 'true', classification: 'failure' },
        server_id: `emergency.kreki.${ACCOUNT}`,
      },
      '12.02',
    ],
    [{ deployment: 'auth', dst_deployment: 'volunteer', tls: 'no_identity', classification: 'success' }, '3'],
    [{ deployment: 'auth', dst_deployment: 'notification', tls: 'true', classification: 'success' }, 'NaN'],
  ],
  'outbound response_latency_ms_bucket': (
    [
      ['1', '0'],
      ['10', '54.1'],
      ['100', '97.4'],
      ['+Inf', '108.2'],
    ] as const
  ).map(([le, value]) => [
    { deployment: 'gateway', dst_deployment: 'emergency', classification: 'success', le },
    value,
  ]),
  'inbound response_total': [
    [{ deployment: 'emergency', client_id: `gateway.kreki.${ACCOUNT}`, tls: 'true' }, '120'],
    [{ deployment: 'gateway', client_id: `envoy.envoy-gateway-system.${ACCOUNT}`, tls: 'true' }, '500'],
    [{ deployment: 'emergency', tls: 'no_identity' }, '60'],
  ],
};

/** A server that speaks Prometheus' query API; `fault` answers in its place. */
async function startPrometheus(t: TestContext, series: typeof SEEN = SEEN) {
  const queries: URLSearchParams[] = [];
  const state: { fault: { status: number; body: string } | 'silence' | undefined } = { fault: undefined };
  const server = createServer(async (request, response) => {
    const body = new URLSearchParams((await Array.fromAsync(request)).join(''));
    queries.push(body);
    if (state.fault === 'silence') return;
    response.setHeader('content-type', 'application/json');
    if (state.fault) return void response.writeHead(state.fault.status).end(state.fault.body);
    const query = body.get('query') ?? '';
    const name = `${/direction="(\w+)"/.exec(query)?.[1]} ${/increase\((\w+)/.exec(query)?.[1]}`;
    const result = (series[name] ?? []).map(([metric, value]) => ({ metric, value: [1_800_000_000.5, value] }));
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  t.after(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/prometheus/`, queries, state, stop };
}

const span = { startMs: 1_800_000_000_000 - 300_000, endMs: 1_800_000_000_000 };

test('each edge gets the proxies’ golden metrics and identities, and says when it is not secured', async (t) => {
  const { url, queries } = await startPrometheus(t);
  const graph = new Graph();
  addProxies(graph, await readProxyEdges(openPrometheus(url), 'kreki', span));
  const edgeOf = (id: string) => {
    const edge = graph.edges.get(id);
    assert.ok(edge, `${id} of ${[...graph.edges.keys()]}`);
    return edgeMessage(edge, span);
  };

  const call = edgeOf('gateway:gateway>service:emergency');
  assert.deepEqual(
    [call.proxy?.requests, call.proxy?.signals?.calls, call.proxy?.signals?.faults, call.proxy?.unsecured],
    [121n, 120n, 12n, 0n],
  );
  assert.equal(call.proxy?.signals?.successRatio, 0.9);
  const { p50Ms = 0, p95Ms = 0 } = call.proxy?.signals ?? {};
  assert.ok(p50Ms > 1 && p50Ms <= 10.2, `half of them took up to 10 ms, not ${p50Ms}`);
  assert.ok(p95Ms > 100, `a tenth took longer than 100 ms: ${p95Ms}`);
  assert.equal(call.proxy?.clientId, `gateway.kreki.${ACCOUNT}`);
  assert.equal(call.proxy?.serverId, `emergency.kreki.${ACCOUNT}`);
  assert.deepEqual([call.security, call.identity], [EdgeSecurity.MTLS, `gateway.kreki.${ACCOUNT}`]);

  assert.equal(edgeOf('client:client>gateway:gateway').identity, `envoy.envoy-gateway-system.${ACCOUNT}`);
  const open = edgeOf('service:auth>service:volunteer');
  assert.deepEqual([open.security, open.proxy?.unsecured], [EdgeSecurity.PLAINTEXT, 3n]);
  assert.equal(graph.edges.size, 3);

  const [first] = queries;
  assert.equal(first?.get('time'), '1800000000.000');
  assert.match(first?.get('query') ?? '', /namespace="kreki".*\[300s\]/);
});

test('an edge of which one call was not secured is not called secure, whatever the processes measured', () => {
  const graph = new Graph();
  const edge = graph.edge(EdgeKind.CALL, graph.workload('auth'), graph.node(NodeKind.SERVICE, 'volunteer'));
  edge.security = EdgeSecurity.MTLS;
  const proxy = { source: 'auth', target: 'volunteer', requests: 9, unsecured: 1, clientId: '', serverId: '' };
  addProxies(graph, [{ ...proxy, signals: edge.signals }]);
  assert.equal(edge.security, EdgeSecurity.PLAINTEXT);
});

test('what is wrong with Prometheus is said in its own words', async (t) => {
  const { url, state, stop } = await startPrometheus(t);
  const ask = openPrometheus(url);
  const problem = (answer: Promise<unknown>) =>
    answer.then(
      () => 'none',
      (error: Error) => error.message,
    );
  state.fault = { status: 422, body: '{"status":"error","errorType":"execution","error":"query timed out"}' };
  assert.equal(await problem(ask('up', 0)), 'it answers execution: query timed out');
  state.fault = { status: 502, body: '<html>' };
  assert.equal(await problem(ask('up', 0)), 'status 502, and no answer of Prometheus');
  state.fault = { status: 200, body: '{"status":"success","data":{"resultType":"scalar","result":[0,"1"]}}' };
  assert.equal(await problem(ask('up', 0)), 'it answers a scalar, not a vector');
  await stop();
  assert.match(await problem(ask('up', 0)), /^it does not answer: /);
});

test('nobody waits for a Prometheus that is silent; one that knows no proxy says so', async (t) => {
  const silent = await startPrometheus(t);
  silent.state.fault = 'silence';
  const source = new ProxySource(openPrometheus(silent.url), 'kreki', log);
  const live = () => ({ startMs: Date.now() - 300_000, endMs: Date.now() });
  assert.equal(source.edges(live()), undefined);
  assert.equal(source.problem, 'Prometheus was not read yet');
  await silent.stop();
  await until(() => source.problem.startsWith('it does not answer'));
  await source.stop();

  const { url } = await startPrometheus(t, {});
  const strange = new ProxySource(openPrometheus(url), 'kreki', log);
  await until(() => strange.problem.includes('does it scrape them'));
  assert.deepEqual(strange.edges(live()), []);
  await strange.stop();
});

test('a span that is past is read when it is first asked for', async (t) => {
  const { url, queries } = await startPrometheus(t);
  const source = new ProxySource(openPrometheus(url), 'kreki', log);
  t.after(() => source.stop());
  assert.equal(source.edges(span), undefined);
  await until(() => source.edges(span) !== undefined);
  assert.equal(source.edges(span)?.length, 3);
  const asked = queries.filter((query) => query.get('time') === '1800000000.000').length;
  source.edges(span);
  assert.equal(queries.filter((query) => query.get('time') === '1800000000.000').length, asked);
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
