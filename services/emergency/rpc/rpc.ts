import type { ServiceImpl } from '@connectrpc/connect';
import type { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';

/** The function that answers one RPC of the service. */
export type Rpc<Name extends keyof ServiceImpl<typeof EmergencyService>> = ServiceImpl<typeof EmergencyService>[Name];
