/** Every file below mesh/linkerd. */
import { hostingOf, serviceNames, services } from '../../topology.ts';
import { toYaml } from '../yaml.ts';
import { entrance, linkerdValues, meshAuthority, namespace, priorities, publicAuthority } from './cluster.ts';
import { dashboardManifests } from './dashboard.ts';
import { databases, storedTiers } from './databases.ts';
import { deployments } from './deployments.ts';
import { egress } from './egress.ts';
import { grants } from './migrations.ts';
import { clusterOf, NAMESPACE, processNames, tierOf } from './names.ts';
import { natsAccess, natsValues } from './nats.ts';
import { commonNetwork, networkOf } from './network.ts';
import { type Kustomization, overlay } from './overlay.ts';
import { anywhere, edgePolicy, policyOf } from './policy.ts';
import { routesOf } from './routes.ts';
import { ownerSecret, processSecret, roleSecrets, serverSecrets } from './secrets.ts';
import { collectorFile, telemetry } from './telemetry.ts';
import { valkeyAccess, valkeyValues } from './valkey.ts';
import { serviceAccount, workload } from './workload.ts';

const ROOT = 'mesh/linkerd';

interface File {
  readonly documents: readonly object[];
  readonly about: string;
}

/** Manifests of the base, by path below it. */
function baseFiles(): Record<string, File> {
  const files: Record<string, File> = {
    'namespace.yaml': { documents: [namespace], about: 'Where the mesh and its data live.' },
    'network.yaml': {
      documents: [anywhere, ...commonNetwork()],
      about: 'Nothing is let through but what a policy names.',
    },
    'egress.yaml': { documents: egress(), about: 'The way out, to the providers and nowhere else.' },
    'operator.yaml': {
      documents: [serviceAccount('operator')],
      about: 'Who looks after the mesh: tools run under this account.',
    },
  };
  for (const name of processNames) {
    const { site, replicas } = hostingOf(name);
    const about = `${name}: tier ${tierOf(name)}, ${replicas.join(' to ')} replicas, site: ${site}.`;
    files[`${name}/workload.yaml`] = { documents: workload(name), about };
    files[`${name}/secrets.yaml`] = {
      documents: [processSecret(name), ...(isStored(name) ? [ownerSecret(name)] : [])],
      about: `Secrets of ${name}, by reference.`,
    };
    files[`${name}/policy.yaml`] = {
      documents: name === 'gateway' ? edgePolicy() : policyOf(name),
      about: `Who may call ${name}.`,
    };
    files[`${name}/network.yaml`] = {
      documents: networkOf(name),
      about: `What ${name} may connect to, and who to it.`,
    };
    if (name !== 'gateway') {
      files[`${name}/routes.yaml`] = {
        documents: routesOf(name),
        about: `Time-outs and retries of ${name}'s RPCs, from its contracts.`,
      };
    }
  }
  for (const tier of storedTiers()) {
    files[`data/${clusterOf(tier)}.yaml`] = { documents: databases(tier), about: `PostgreSQL of tier ${tier}.` };
  }
  files['data/secrets.yaml'] = {
    documents: [...roleSecrets(), ...serverSecrets()],
    about: 'Passwords that the servers know, by reference.',
  };
  files['data/nats.yaml'] = { documents: natsAccess(), about: 'Who may reach NATS, which its chart installs.' };
  files['data/valkey.yaml'] = { documents: valkeyAccess(), about: 'Who may reach Valkey, which its chart installs.' };
  files['telemetry/collector.yaml'] = { documents: telemetry(), about: 'The OpenTelemetry collector.' };
  files['telemetry/dashboard.yaml'] = {
    documents: dashboardManifests(),
    about: 'The page for platform engineers: kubectl -n kreki port-forward service/dashboard 8110.',
  };
  return files;
}

const isStored = (name: (typeof processNames)[number]): name is Exclude<typeof name, 'gateway'> =>
  name !== 'gateway' && services[name].stores.postgres !== undefined;

function baseKustomization(files: readonly string[]): Kustomization {
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: files,
    configMapGenerator: [
      { name: 'collector', namespace: NAMESPACE, files: ['telemetry/otel-collector.yaml'] },
      ...serviceNames.filter(isStored).map((name) => ({
        name: `${name}-grants`,
        namespace: NAMESPACE,
        files: [`grants.sql=${name}/grants.sql`],
      })),
    ],
  };
}

function clusterFiles(): Record<string, File> {
  return {
    'priorities.yaml': { documents: priorities, about: 'Who goes first when room is short.' },
    'mesh-authority.yaml': { documents: meshAuthority, about: "The authority behind the proxies' certificates." },
    'entrance.yaml': { documents: [...entrance, publicAuthority], about: 'What the public comes in through.' },
  };
}

export function linkerdRenderings(): Record<string, () => string> {
  const base = baseFiles();
  const cluster = clusterFiles();
  const renderings: Record<string, () => string> = {};
  const add = (path: string, { documents, about }: File) => {
    renderings[`${ROOT}/${path}`] = () => toYaml(documents, about);
  };
  for (const [path, file] of Object.entries(base)) add(`base/${path}`, file);
  add('base/kustomization.yaml', {
    documents: [baseKustomization(Object.keys(base))],
    about: 'The mesh, but for what differs between deployments: see overlays/.',
  });
  add('base/telemetry/otel-collector.yaml', { documents: [collectorFile], about: 'The OpenTelemetry collector.' });
  for (const name of serviceNames.filter(isStored)) renderings[`${ROOT}/base/${name}/grants.sql`] = () => grants(name);

  for (const [path, file] of Object.entries(cluster)) add(`cluster/${path}`, file);
  const listed: Kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: Object.keys(cluster),
  };
  add('cluster/kustomization.yaml', { documents: [listed], about: 'Once for each cluster, before the mesh.' });

  for (const [name, deployed] of Object.entries(deployments)) {
    for (const [path, documents] of Object.entries(overlay(deployed))) {
      add(`overlays/${name}/${path}`, { documents, about: `The mesh in ${name}.` });
    }
  }
  add('charts/linkerd-control-plane.yaml', { documents: [linkerdValues], about: "Values of Linkerd's control plane." });
  add('charts/nats.yaml', { documents: [natsValues()], about: "Values of NATS' chart." });
  add('charts/valkey.yaml', { documents: [valkeyValues()], about: "Values of Valkey's chart." });
  return renderings;
}
