import { Code, type ServiceImpl } from '@connectrpc/connect';
import type { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { applyStatuses } from '../store/receipts.ts';
import { publishAnswers } from '../webhook/answers.ts';
import { parseWebhook, type Webhook } from '../webhook/parse.ts';
import { isSigned } from '../webhook/signature.ts';

export const receiveWhatsAppWebhook =
  ({
    config,
    database,
    outbox,
    nameOfMessage,
    log,
  }: Context): ServiceImpl<typeof NotificationService>['receiveWhatsAppWebhook'] =>
  async ({ body }, context) => {
    const data = body?.data ?? new Uint8Array();
    if (!isSigned(data, context.requestHeader.get('x-hub-signature-256'), config.whatsapp.appSecret)) {
      throw fail(Code.Unauthenticated, 'BAD_SIGNATURE', "the body is not signed with the app's secret");
    }
    const { statuses, answers } = parse(data, nameOfMessage);
    // Statuses come first: they may say which of our messages an answer belongs to.
    if (statuses.length > 0) await applyStatuses(database, statuses, config.delivery.maxAttempts);
    if (answers.length > 0) {
      const early = await database.transaction((tx) => publishAnswers(tx, outbox, answers));
      outbox.wake();
      if (early.length > 0) {
        log.info({ answers: early.length }, 'an answer came before its message was recorded');
        throw fail(Code.Unavailable, 'MESSAGE_NOT_RECORDED', 'an answer belongs to a message that is not recorded yet');
      }
    }
    return {};
  };

function parse(data: Uint8Array, nameOf: Context['nameOfMessage']): Webhook {
  try {
    return parseWebhook(data, nameOf);
  } catch {
    throw fail(Code.InvalidArgument, 'BAD_BODY', 'the body is not JSON');
  }
}
