/** The way out: only to the providers' hosts, by the name that a client asks for in its TLS handshake. */
import type { ITLSRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/TLSRoute';
import { type Provider, serviceNames, services } from '../../topology.ts';
import type { EgressNetwork } from './linkerd-types.ts';
import { metadata } from './names.ts';

const NETWORK = 'providers';

/** Hosts whose names are the same for everybody; the mail server's is a deployment's own. */
const hosts: Readonly<Record<Exclude<Provider, 'smtp'>, readonly string[]>> = {
  fcm: ['fcm.googleapis.com', 'oauth2.googleapis.com'],
  whatsapp: ['graph.facebook.com'],
};

export function egress(): object[] {
  const used = new Set(serviceNames.flatMap((name) => services[name].providers ?? []));
  const network: EgressNetwork = {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'EgressNetwork',
    metadata: metadata(NETWORK),
    spec: { trafficPolicy: 'Deny' },
  };
  const providers = Object.entries(hosts).filter(([provider]) => used.has(provider as Provider));
  return [network, ...providers.map(([provider, names]) => wayTo(provider, names, 443))];
}

export function wayTo(name: string, hostnames: readonly string[], port: number): ITLSRoute {
  const network = { group: 'policy.linkerd.io', kind: 'EgressNetwork', name: NETWORK };
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'TLSRoute',
    metadata: metadata(name),
    spec: {
      hostnames: [...hostnames],
      parentRefs: [{ ...network, port }],
      rules: [{ backendRefs: [{ ...network, port }] }],
    },
  };
}
