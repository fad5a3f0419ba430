import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { CertificationVerifiedSchema } from '@kreki/gen/kreki/volunteer/v1/volunteer_events_pb.js';
import { recordChange } from '@kreki/runtime/audit/audited';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import { event } from '@kreki/runtime/events/outbox';
import type { Context } from '../context.ts';
import { certificationExists } from '../profiles/certification-exists.ts';
import { certificationMessage } from '../profiles/volunteer-message.ts';
import { checkCertification, isNumberTaken } from '../store/certifications.ts';
import type { Rpc } from './rpc.ts';

export const verifyCertification =
  ({ database, prisma, outbox }: Context): Rpc<'verifyCertification'> =>
  async (request, call) => {
    const { volunteerId, certificationId, reject } = request;
    const genuine = !reject;
    const check = { id: certificationId, volunteerId, genuine, checkedBy: personOf(call).userId };
    await database
      .transaction(async (tx) => {
        const checked = await checkCertification(tx, check);
        if (!checked) return;
        const { skill, checked_at } = checked;
        const verification = {
          volunteerId,
          certificationId,
          skill,
          genuine,
          verifyTime: timestampFromDate(checked_at),
        };
        await outbox.append(tx, [event(CertificationVerifiedSchema, verification, volunteerId)]);
        recordChange(call, tx);
      })
      .catch((error) => {
        // One that was found false before no longer holds its number, which another may have taken since.
        throw isNumberTaken(error) ? certificationExists() : error;
      });
    outbox.wake();
    const row = await prisma.certification.findUnique({ where: { id: certificationId, volunteerId } });
    if (!row) throw fail(Code.NotFound, 'CERTIFICATION_NOT_FOUND', 'this volunteer has no such certificate');
    return { certification: certificationMessage(row) };
  };
