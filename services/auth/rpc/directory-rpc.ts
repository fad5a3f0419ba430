import type { ServiceImpl } from '@connectrpc/connect';
import type { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import type { Context } from '../context.ts';
import { batchGetContacts } from './batch-get-contacts.ts';

export type DirectoryRpc = ServiceImpl<typeof DirectoryService>;

export const directoryRpc = (context: Context): DirectoryRpc => ({ batchGetContacts: batchGetContacts(context) });
