/** Where the public comes in: a Gateway that ends TLS, and the ways from it to the edge. */
import type { ICertificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate';
import type { IBackendTrafficPolicy } from '@kubernetes-models/envoy-gateway/gateway.envoyproxy.io/v1alpha1/BackendTrafficPolicy';
import type { IClientTrafficPolicy } from '@kubernetes-models/envoy-gateway/gateway.envoyproxy.io/v1alpha1/ClientTrafficPolicy';
import type { IGateway } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/Gateway';
import type { IGRPCRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/GRPCRoute';
import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import { gateway } from '../../topology.ts';
import { metadata } from './names.ts';

export interface PublicNames {
  /** Connect, gRPC-Web and REST. */
  readonly api: string;
  /** gRPC. */
  readonly grpc: string;
}

const NAME = 'public';
const CERTIFICATE = 'public-tls';
export const GATEWAY_CLASS = 'kreki';
export const ISSUER = 'letsencrypt';

export function publicEdge(names: PublicNames): object[] {
  return [entrance(names), certificate(names), toTls(), web(names), grpc(names), patience, silence];
}

function entrance({ api, grpc }: PublicNames): IGateway {
  const tls = { mode: 'Terminate' as const, certificateRefs: [{ name: CERTIFICATE }] };
  const allowedRoutes = { namespaces: { from: 'Same' as const } };
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: metadata(NAME),
    spec: {
      gatewayClassName: GATEWAY_CLASS,
      listeners: [
        { name: 'http', port: 80, protocol: 'HTTP', allowedRoutes },
        { name: 'api', port: 443, protocol: 'HTTPS', hostname: api, tls, allowedRoutes },
        { name: 'grpc', port: 443, protocol: 'HTTPS', hostname: grpc, tls, allowedRoutes },
      ],
    },
  };
}

function certificate({ api, grpc }: PublicNames): ICertificate {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: metadata(CERTIFICATE),
    spec: {
      secretName: CERTIFICATE,
      dnsNames: [api, grpc],
      issuerRef: { kind: 'ClusterIssuer', name: ISSUER },
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
    },
  };
}

/** Whoever comes without TLS is sent to where it is; but for the authority that gives out the certificate. */
function toTls(): IHTTPRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: metadata('to-tls'),
    spec: {
      parentRefs: [{ name: NAME, sectionName: 'http' }],
      rules: [{ filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }] }],
    },
  };
}

function web({ api }: PublicNames): IHTTPRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: metadata('api'),
    spec: {
      parentRefs: [{ name: NAME, sectionName: 'api' }],
      hostnames: [api],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          // The edge keeps the contracts' deadlines itself, and streams have none.
          timeouts: { request: '0s' },
          backendRefs: [{ name: 'gateway', port: gateway.httpPort }],
        },
      ],
    },
  };
}

function grpc({ grpc: host }: PublicNames): IGRPCRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    metadata: metadata('grpc'),
    spec: {
      parentRefs: [{ name: NAME, sectionName: 'grpc' }],
      hostnames: [host],
      rules: [{ backendRefs: [{ name: 'gateway', port: gateway.h2cPort }] }],
    },
  };
}

/** Envoy would end every call after 15 seconds. */
const patience: IBackendTrafficPolicy = {
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'BackendTrafficPolicy',
  metadata: metadata('no-time-limit'),
  spec: {
    targetRefs: [
      { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name: 'api' },
      { group: 'gateway.networking.k8s.io', kind: 'GRPCRoute', name: 'grpc' },
    ],
    timeout: { http: { requestTimeout: '0s' } },
  },
};

/** And what is silent for five minutes, as the stream of an emergency may well be. */
const silence: IClientTrafficPolicy = {
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'ClientTrafficPolicy',
  metadata: metadata('silent-streams'),
  spec: {
    targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: NAME }],
    timeout: { http: { streamIdleTimeout: '2h' } },
    tls: { minVersion: '1.2' },
  },
};
