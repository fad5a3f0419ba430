/**
 * What each kind of manifest has to look like. Kubernetes' own kinds and those of most operators are checked by the schemas that their packages
 * carry; Linkerd's and barman-cloud's are written down here, from their custom resource definitions.
 */
import { Certificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate';
import { ClusterIssuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1/ClusterIssuer';
import { Issuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Issuer';
import { Cluster } from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/Cluster';
import { Database } from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/Database';
import { ScheduledBackup } from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/ScheduledBackup';
import { BackendTrafficPolicy } from '@kubernetes-models/envoy-gateway/gateway.envoyproxy.io/v1alpha1/BackendTrafficPolicy';
import { ClientTrafficPolicy } from '@kubernetes-models/envoy-gateway/gateway.envoyproxy.io/v1alpha1/ClientTrafficPolicy';
import { EnvoyProxy } from '@kubernetes-models/envoy-gateway/gateway.envoyproxy.io/v1alpha1/EnvoyProxy';
import { ExternalSecret } from '@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret';
import { Gateway } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/Gateway';
import { GatewayClass } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/GatewayClass';
import { GRPCRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/GRPCRoute';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import { TLSRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/TLSRoute';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { PriorityClass } from 'kubernetes-models/scheduling.k8s.io/v1/PriorityClass';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import type { Manifest } from './manifests.ts';

interface Model {
  new (data: never): { validate(): void };
  apiVersion: string;
  kind: string;
}

const models = [
  ...[Certificate, ClusterIssuer, Issuer, Cluster, Database, ScheduledBackup, ExternalSecret],
  ...[BackendTrafficPolicy, ClientTrafficPolicy, EnvoyProxy, Gateway, GatewayClass, GRPCRoute, HTTPRoute, TLSRoute],
  ...[Deployment, HorizontalPodAutoscaler, NetworkPolicy, PodDisruptionBudget, PriorityClass],
  ...[Namespace, PersistentVolumeClaim, Service, ServiceAccount],
] as unknown as Model[];

/** A value's shape: a predicate, a list of one shape, or an object with exactly these keys, of which those that end in `?` may be missing. */
type Shape = ((value: unknown) => boolean) | readonly [Shape] | { readonly [key: string]: Shape };

const text = (value: unknown): boolean => typeof value === 'string' && value !== '';
const like = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value);
const oneOf =
  (...values: readonly string[]) =>
  (value: unknown) =>
    values.includes(value as string);
const labels = (value: unknown): boolean => Object.values(value as object).every(text);
const name = like(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
const kind = like(/^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/);
const group = like(/^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
const cidr = like(/^[0-9a-f.:]+\/\d{1,3}$/);
const reference: Shape = { 'group?': group, kind, name, 'namespace?': name };
const entry: Shape = { name, key: text };
const encrypted: Shape = { compression: oneOf('bzip2', 'gzip', 'snappy'), encryption: oneOf('AES256', 'aws:kms') };

const shapes: Readonly<Record<string, Shape>> = {
  'policy.linkerd.io/v1beta3 Server': {
    podSelector: { matchLabels: labels },
    port: (value) => text(value) || (Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536),
    proxyProtocol: oneOf('unknown', 'HTTP/1', 'HTTP/2', 'gRPC', 'opaque', 'TLS'),
    accessPolicy: oneOf('deny', 'audit', 'all-unauthenticated', 'all-authenticated', 'cluster-authenticated'),
  },
  'policy.linkerd.io/v1alpha1 AuthorizationPolicy': {
    targetRef: { 'group?': group, kind, name },
    requiredAuthenticationRefs: [reference],
  },
  'policy.linkerd.io/v1alpha1 MeshTLSAuthentication': {
    'identities?': [like(/^(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)],
    'identityRefs?': [reference],
  },
  'policy.linkerd.io/v1alpha1 NetworkAuthentication': { networks: [{ cidr, 'except?': [cidr] }] },
  'policy.linkerd.io/v1alpha1 EgressNetwork': {
    trafficPolicy: oneOf('Allow', 'Deny'),
    'networks?': [{ cidr, 'except?': [cidr] }],
  },
  'barmancloud.cnpg.io/v1 ObjectStore': {
    retentionPolicy: like(/^[1-9][0-9]*[dwm]$/),
    configuration: {
      destinationPath: like(/^s3:\/\/[a-z0-9.-]+$/),
      endpointURL: like(/^https:\/\//),
      s3Credentials: { accessKeyId: entry, secretAccessKey: entry },
      wal: encrypted,
      data: encrypted,
    },
  },
};

/** @throws Error that says what is wrong with a manifest */
export function validate({ file, ...manifest }: Manifest): void {
  const id = `${manifest.apiVersion} ${manifest.kind}`;
  const model = models.find(({ apiVersion, kind: known }) => `${apiVersion} ${known}` === id);
  const shape = shapes[id];
  if (model) new model(manifest as never).validate();
  else if (shape) requireShape(shape, manifest.spec, 'spec');
  else throw new Error(`nobody knows what a ${id} looks like`);
}

function requireShape(shape: Shape, value: unknown, path: string): void {
  if (typeof shape === 'function') {
    if (!shape(value)) throw new Error(`${path} is ${JSON.stringify(value)}`);
  } else if (Array.isArray(shape)) {
    if (!Array.isArray(value) || value.length === 0) throw new Error(`${path} is no list, or an empty one`);
    for (const [index, item] of value.entries()) requireShape(shape[0], item, `${path}[${index}]`);
  } else {
    if (typeof value !== 'object' || value === null) throw new Error(`${path} is no object`);
    const fields = new Map(Object.entries(shape).map(([key, inner]) => [key.replace(/\?$/, ''), { key, inner }]));
    for (const key of Object.keys(value)) if (!fields.has(key)) throw new Error(`${path}.${key} is unknown`);
    for (const [field, { key, inner }] of fields) {
      const content = (value as Record<string, unknown>)[field];
      if (content !== undefined) requireShape(inner, content, `${path}.${field}`);
      else if (!key.endsWith('?')) throw new Error(`${path}.${field} is missing`);
    }
  }
}
