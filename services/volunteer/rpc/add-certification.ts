import { randomUUIDv7 } from 'node:crypto';
import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { certificationExists } from '../profiles/certification-exists.ts';
import { noProfile } from '../profiles/refusals.ts';
import { certificationMessage } from '../profiles/volunteer-message.ts';
import { insertCertification } from '../store/certifications.ts';
import type { Rpc } from './rpc.ts';

export const addCertification =
  ({ database, prisma }: Context): Rpc<'addCertification'> =>
  async (request, call) => {
    const { skill, issuer, number } = request;
    const volunteerId = personOf(call).userId;
    const id = randomUUIDv7();
    const requestId = request.requestId || undefined;
    const [validFrom, validUntil] = [dateOf(request.validFrom), dateOf(request.validUntil)];
    const certification = { id, volunteerId, skill, issuer, number, validFrom, validUntil, requestId };
    const added = await database.transaction((tx) => insertCertification(tx, certification));

    const stated = added ? { id } : requestId ? { volunteerId, requestId } : undefined;
    const row = stated && (await prisma.certification.findFirst({ where: stated }));
    if (row) return { certification: certificationMessage(row) };
    if (await prisma.volunteer.findUnique({ where: { id: volunteerId }, select: { id: true } })) {
      throw certificationExists();
    }
    throw noProfile();
  };

function dateOf(timestamp: Timestamp | undefined): Date {
  if (!timestamp) throw new TypeError('a checked request has both times');
  return timestampDate(timestamp);
}
