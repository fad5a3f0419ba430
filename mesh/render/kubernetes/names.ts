/** Names and labels that the manifests of one process have in common. */
import { gateway, type ServiceName, serviceNames, services, type Tier } from '../../topology.ts';

/** One namespace holds the mesh and its data; staging and production are clusters of their own. */
export const NAMESPACE = 'kreki';

/** Processes of the mesh that run as Deployments. */
export type ProcessName = ServiceName | 'gateway';
export const processNames: readonly ProcessName[] = [...serviceNames, 'gateway'];

export const tierOf = (name: ProcessName): Tier => (name === 'gateway' ? gateway.tier : services[name].tier);

export const selectorOf = (name: string) => ({ 'app.kubernetes.io/name': name });

export const labelsOf = (name: string) => ({ ...selectorOf(name), 'app.kubernetes.io/part-of': 'kreki-mesh' });

export const metadata = (
  name: string,
  about: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
) => ({
  name,
  namespace: NAMESPACE,
  ...about,
});

/** Label of nodes: what kind of place they stand in. */
export const SITE = 'kreki.id/site';

/** The page for platform engineers. */
export const DASHBOARD = 'dashboard';

/** Where Linkerd's proxy takes connections of other proxies. */
export const PROXY_INBOUND = 4143;
/** Where Linkerd's proxy shows its metrics. */
export const PROXY_ADMIN = 4191;

/** `kreki.auth.v1.UserAdminService` → `user-admin-service`. */
export function kebab(typeName: string): string {
  const short = typeName.slice(typeName.lastIndexOf('.') + 1);
  return short.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}

export const clusterOf = (tier: Tier): string => `postgres-tier-${tier}`;
