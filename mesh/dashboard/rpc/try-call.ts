import { Code, type ServiceImpl } from '@connectrpc/connect';
import type { ContractService } from '@kreki/gen/kreki/mesh/v1/contract_service_pb.js';
import { Audience } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { fail } from '@kreki/runtime/errors';
import { rulesOf } from '@kreki/runtime/rpc/rules';
import type { Context } from '../context.ts';
import { tryCall as call } from '../contracts/try-call.ts';

export const tryCall =
  ({ methods, edgeUrl }: Context): ServiceImpl<typeof ContractService>['tryCall'] =>
  async ({ rpc, requestJson }, { requestHeader }) => {
    const method = methods.get(rpc);
    if (!method) throw fail(Code.NotFound, 'RPC_NOT_FOUND', `no contract has ${rpc}`, { rpc });
    if (method.methodKind !== 'unary' || rulesOf(method).audience === Audience.MESH) {
      throw fail(Code.FailedPrecondition, 'RPC_NOT_CALLABLE', 'streams and RPCs of the mesh only cannot be tried here');
    }
    return call(edgeUrl, rpc, requestJson, requestHeader.get('authorization') ?? '');
  };
