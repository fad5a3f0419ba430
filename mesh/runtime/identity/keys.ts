import { createClient, type Transport } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import type { JSONWebKeySet } from 'jose';

/** Fetches the key set that KREKI ID signs with. Identity is the one contract that the runtime itself stands on. */
export function fetchKeysFrom(transport: Transport): () => Promise<JSONWebKeySet> {
  const auth = createClient(AuthService, transport);
  return async () => {
    const { keys } = await auth.getJwks({});
    return { keys: keys.map(({ $typeName: _, y, ...key }) => ({ ...key, ...(y !== undefined && { y }) })) };
  };
}
