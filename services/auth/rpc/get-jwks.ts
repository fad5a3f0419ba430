import type { Context } from '../context.ts';
import { jsonWebKeys } from '../signing-keys/json-web-keys.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const getJwks =
  ({ keys }: Context): AuthRpc['getJwks'] =>
  () => ({ keys: jsonWebKeys(keys) });
