/** What a cluster has once, before the mesh and beside it: who goes first when room is short, the mesh's authority, the public's entrance. */
import type { ICertificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate';
import type { IClusterIssuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1/ClusterIssuer';
import type { IIssuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Issuer';
import type { IEnvoyProxy } from '@kubernetes-models/envoy-gateway/gateway.envoyproxy.io/v1alpha1/EnvoyProxy';
import type { IGatewayClass } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/GatewayClass';
import type { IPriorityClass } from 'kubernetes-models/scheduling.k8s.io/v1/PriorityClass';
import type { INamespace } from 'kubernetes-models/v1/Namespace';
import type { Tier } from '../../topology.ts';
import { GATEWAY_CLASS, ISSUER } from './edge.ts';
import { NAMESPACE, SITE } from './names.ts';
import { EDGE_NAMESPACE } from './policy.ts';

const LINKERD = 'linkerd';

export const namespace: INamespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: NAMESPACE,
    labels: {
      'pod-security.kubernetes.io/enforce': 'baseline',
      'pod-security.kubernetes.io/warn': 'restricted',
      'pod-security.kubernetes.io/audit': 'restricted',
    },
    annotations: {
      'linkerd.io/inject': 'enabled',
      // Whoever is not named is not let in, at ports too that nobody thought of.
      'config.linkerd.io/default-inbound-policy': 'deny',
      // PostgreSQL, NATS (clients, cluster, monitor) and Valkey: no HTTP, and some servers speak first.
      'config.linkerd.io/opaque-ports': '4222,5432,6222,6379,8222',
      'config.linkerd.io/proxy-cpu-request': '100m',
      'config.linkerd.io/proxy-memory-request': '64Mi',
      'config.linkerd.io/proxy-memory-limit': '256Mi',
    },
  },
};

const MEANING: Readonly<Record<Tier, string>> = {
  1: 'Stays up at any cost: what is needed from the press of the button until help is there.',
  2: 'Should stay up.',
  3: 'May wait until there is room.',
};

/** When room is short, the lower tiers give way; but nothing of the mesh drives out what keeps the cluster itself going. */
export const priorities: readonly IPriorityClass[] = ([1, 2, 3] as const).map((tier) => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name: `kreki-tier-${tier}` },
  value: (4 - tier) * 100_000,
  preemptionPolicy: tier === 3 ? 'Never' : 'PreemptLowerPriority',
  description: MEANING[tier],
}));

/**
 * The mesh's authority. The anchor lives ten years, and what it signs with two days: cert-manager renews that by itself, and Linkerd takes it up.
 */
export const meshAuthority: readonly (IIssuer | ICertificate)[] = [
  {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Issuer',
    metadata: { name: 'linkerd-self-signed', namespace: LINKERD },
    spec: { selfSigned: {} },
  },
  {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'linkerd-trust-anchor', namespace: LINKERD },
    spec: {
      secretName: 'linkerd-trust-anchor',
      commonName: 'root.linkerd.cluster.local',
      isCA: true,
      duration: '87600h',
      renewBefore: '17520h',
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' },
      issuerRef: { kind: 'Issuer', name: 'linkerd-self-signed' },
    },
  },
  {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Issuer',
    metadata: { name: 'linkerd-trust-anchor', namespace: LINKERD },
    spec: { ca: { secretName: 'linkerd-trust-anchor' } },
  },
  {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'linkerd-identity-issuer', namespace: LINKERD },
    spec: {
      secretName: 'linkerd-identity-issuer',
      commonName: 'identity.linkerd.cluster.local',
      dnsNames: ['identity.linkerd.cluster.local'],
      isCA: true,
      duration: '48h',
      renewBefore: '25h',
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      usages: ['cert sign', 'crl sign', 'server auth', 'client auth'],
      issuerRef: { kind: 'Issuer', name: 'linkerd-trust-anchor' },
    },
  },
];

/** Envoy as the public's proxy, itself in the mesh: the edge knows it by its identity. */
export const entrance: readonly (IGatewayClass | IEnvoyProxy)[] = [
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: GATEWAY_CLASS },
    spec: {
      controllerName: 'gateway.envoyproxy.io/gatewayclass-controller',
      parametersRef: {
        group: 'gateway.envoyproxy.io',
        kind: 'EnvoyProxy',
        name: GATEWAY_CLASS,
        namespace: EDGE_NAMESPACE,
      },
    },
  },
  {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'EnvoyProxy',
    metadata: { name: GATEWAY_CLASS, namespace: EDGE_NAMESPACE },
    spec: {
      provider: {
        type: 'Kubernetes',
        kubernetes: {
          envoyDeployment: {
            replicas: 3,
            pod: {
              annotations: {
                'linkerd.io/inject': 'enabled',
                // The public comes to Envoy as it is; Linkerd's proxy speaks for Envoy towards the edge alone.
                'config.linkerd.io/skip-inbound-ports': '10080,10443',
              },
              nodeSelector: { [SITE]: 'premium' },
            },
          },
          envoyPDB: { minAvailable: 2 },
          // The addresses of those who call stay what they are: limits count by them.
          envoyService: { externalTrafficPolicy: 'Local' },
        },
      },
    },
  },
];

/** Asks Let's Encrypt for the certificates of the public names, and proves that they are ours through the entrance itself. */
export const publicAuthority: IClusterIssuer = {
  apiVersion: 'cert-manager.io/v1',
  kind: 'ClusterIssuer',
  metadata: { name: ISSUER },
  spec: {
    acme: {
      server: 'https://acme-v02.api.letsencrypt.org/directory',
      email: 'platform@kreki.id',
      privateKeySecretRef: { name: 'letsencrypt-account' },
      solvers: [
        {
          http01: {
            gatewayHTTPRoute: {
              parentRefs: [{ name: 'public', namespace: NAMESPACE, kind: 'Gateway' }],
            },
          },
        },
      ],
    },
  },
};

/** Values of Linkerd's control plane: three of everything, its authority from cert-manager, and proxies that outlive what they stand beside. */
export const linkerdValues = {
  controllerReplicas: 3,
  enablePodAntiAffinity: true,
  enablePodDisruptionBudget: true,
  cniEnabled: true,
  webhookFailurePolicy: 'Fail',
  identity: { issuer: { scheme: 'kubernetes.io/tls' } },
  proxy: { nativeSidecar: true },
};
