import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { SessionSchema } from '@kreki/gen/kreki/auth/v1/session_pb.js';
import { UserSchema } from '@kreki/gen/kreki/auth/v1/user_pb.js';
import { everyRow, type Holdings, json, type Section } from '@kreki/runtime/privacy/holdings';
import { userMessage } from '../accounts/account.ts';
import type { Context } from '../context.ts';
import { findAccount } from '../store/accounts.ts';
import { deleteAccount } from '../store/personal-data.ts';

/** What KREKI ID itself holds of people. Of an account that was erased nothing stays but that it was. */
export const holdings = (context: Context): Holdings => ({
  sections: sections(context),
  erasure: [{ columns: ['users.id', 'sessions.user_id'], run: deleteAccount }],
  kept: {
    'erasures.user_id': 'the proof that the person was erased, and whom to erase again after a database was restored',
  },
  unexported: { 'erasures.user_id': 'who has one has no account' },
});

const sections = (context: Context): Section[] => [
  {
    name: 'auth.account',
    title: { id: 'Akun KREKI ID', en: 'KREKI ID account' },
    columns: ['users.id'],
    async *read(userId) {
      const account = await findAccount(context.database, userId);
      if (account) yield json(UserSchema, userMessage(context.personalData, account));
    },
  },
  {
    name: 'auth.session',
    title: { id: 'Sesi masuk', en: 'Sign-ins' },
    columns: ['sessions.user_id'],
    async *read(userId) {
      const rows = everyRow(
        (after: string | undefined, take) =>
          context.prisma.session.findMany({
            where: { userId, ...(after && { id: { gt: after } }) },
            orderBy: { id: 'asc' },
            take,
          }),
        ({ id }) => id,
      );
      for await (const { id, userAgent, ipAddress, createTime, lastUseTime, expireTime, endTime, endReason } of rows) {
        const session = json(SessionSchema, {
          id,
          userAgent,
          ipAddress,
          createTime: timestampFromDate(createTime),
          lastUseTime: timestampFromDate(lastUseTime),
          expireTime: timestampFromDate(expireTime),
        });
        yield { ...session, ...(endTime && { endTime: endTime.toISOString(), endReason }) };
      }
    },
  },
];
