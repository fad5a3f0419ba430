import type { ServiceImpl } from '@connectrpc/connect';
import type { ContractService } from '@kreki/gen/kreki/mesh/v1/contract_service_pb.js';
import type { Context } from '../context.ts';
import { servicesOf } from '../contracts/services.ts';
import { typesOf } from '../contracts/types.ts';

export const listContracts =
  ({ methods }: Context): ServiceImpl<typeof ContractService>['listContracts'] =>
  () => ({
    services: servicesOf(methods),
    types: typesOf([...methods.values()].flatMap(({ input, output }) => [input, output])),
  });
