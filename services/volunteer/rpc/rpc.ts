import type { ServiceImpl } from '@connectrpc/connect';
import type { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';

/** The function that answers an RPC of this service. */
export type Rpc<Name extends keyof ServiceImpl<typeof VolunteerService>> = ServiceImpl<typeof VolunteerService>[Name];
