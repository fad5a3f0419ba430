import type { ServiceImpl } from '@connectrpc/connect';
import type { PrivacyService } from '@kreki/gen/kreki/auth/v1/privacy_service_pb.js';
import type { Context } from '../context.ts';
import { eraseUser } from './erase-user.ts';
import { exportMyData } from './export-my-data.ts';
import { getErasure } from './get-erasure.ts';
import { listErasures } from './list-erasures.ts';
import { requestErasure } from './request-erasure.ts';

export type PrivacyRpc = ServiceImpl<typeof PrivacyService>;

export const privacyRpc = (context: Context): PrivacyRpc => ({
  exportMyData: exportMyData(context),
  requestErasure: requestErasure(context),
  getErasure: getErasure(context),
  eraseUser: eraseUser(context),
  listErasures: listErasures(context),
});
