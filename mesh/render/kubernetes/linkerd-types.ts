/** Linkerd's own kinds, as its custom resource definitions have them (linkerd-crds, edge-26): no package of types describes them. */

interface Metadata {
  readonly name: string;
  readonly namespace: string;
}

interface Reference {
  readonly group?: string;
  readonly kind: string;
  readonly name: string;
}

export interface LinkerdServer {
  readonly apiVersion: 'policy.linkerd.io/v1beta3';
  readonly kind: 'Server';
  readonly metadata: Metadata;
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    /** Name or number of a port that the pods declare. */
    readonly port: string | number;
    readonly proxyProtocol: 'gRPC' | 'HTTP/1' | 'HTTP/2' | 'opaque' | 'TLS';
    /** Who is let in whom no policy names. */
    readonly accessPolicy: 'deny' | 'audit';
  };
}

export interface AuthorizationPolicy {
  readonly apiVersion: 'policy.linkerd.io/v1alpha1';
  readonly kind: 'AuthorizationPolicy';
  readonly metadata: Metadata;
  readonly spec: { readonly targetRef: Reference; readonly requiredAuthenticationRefs: readonly Reference[] };
}

export interface MeshTLSAuthentication {
  readonly apiVersion: 'policy.linkerd.io/v1alpha1';
  readonly kind: 'MeshTLSAuthentication';
  readonly metadata: Metadata;
  readonly spec:
    | { readonly identityRefs: readonly { readonly kind: 'ServiceAccount'; readonly name: string }[] }
    | { readonly identities: readonly string[] };
}

export interface NetworkAuthentication {
  readonly apiVersion: 'policy.linkerd.io/v1alpha1';
  readonly kind: 'NetworkAuthentication';
  readonly metadata: Metadata;
  readonly spec: { readonly networks: readonly { readonly cidr: string }[] };
}

export interface EgressNetwork {
  readonly apiVersion: 'policy.linkerd.io/v1alpha1';
  readonly kind: 'EgressNetwork';
  readonly metadata: Metadata;
  readonly spec: { readonly trafficPolicy: 'Allow' | 'Deny' };
}
