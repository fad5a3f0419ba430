import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import type { Fault, Faults } from '../control/faults.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { canonicalRecipient } from '../inbox/recipient.ts';

const MAX_MAIL_BYTES = 10_000_000;
const DEFAULT_DELAY_MS = 5_000;
let sequence = 0;

/** A mail server that takes everything for everybody: no authentication, no TLS. */
export function smtpServer(inbox: Inbox, faults: Faults): SMTPServer {
  return new SMTPServer({
    name: 'simulators.kreki.local',
    banner: 'KREKI simulator',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: MAX_MAIL_BYTES,
    closeTimeout: 1_000,
    onRcptTo(address, session, done) {
      const fault = faults.take('smtp', canonicalRecipient(address.address));
      if (fault?.fault === 'reset') {
        // The session object holds no socket, and 421 makes smtp-server close the connection.
        done(reply(421, '4.4.2 Connection dropped'));
      } else if (fault?.fault === 'slow') {
        setTimeout(done, fault.delayMs ?? DEFAULT_DELAY_MS).unref();
      } else done(fault && refusal(fault, address.address, session.id));
    },
    onData(stream, session, done) {
      const recipients = session.envelope.rcptTo.map((one) => canonicalRecipient(one.address));
      receive(inbox, stream, recipients).then(() => done(), done);
    },
  });
}

async function receive(inbox: Inbox, stream: SMTPServerDataStream, recipients: readonly string[]): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  if (stream.sizeExceeded) throw reply(552, '5.3.4 Message size exceeds fixed limit');
  const mail = await PostalMime.parse(Buffer.concat(chunks));
  for (const to of recipients) {
    inbox.receive({
      id: `mail:${Date.now()}-${++sequence}`,
      channel: 'email',
      to,
      title: mail.subject ?? '',
      body: mail.text ?? (mail.html ?? '').replace(/<[^>]*>/g, ' '),
      data: { from: mail.from?.address, messageId: mail.messageId, html: mail.html },
      status: 'shown',
      ...(mail.messageId && { key: mail.messageId }),
    });
  }
}

/** In the words of servers in use, which repeat the address. */
function refusal(fault: Fault, address: string, session: string): Error | undefined {
  switch (fault.fault) {
    case 'unregistered':
      return reply(550, `5.1.1 <${address}>: Recipient address rejected: User unknown`);
    case 'quota':
      return reply(452, '4.2.2 The recipient is over quota');
    case 'unavailable':
      return reply(421, '4.3.2 Service not available, closing transmission channel');
    case 'internal':
      return reply(451, `4.3.0 Requested action aborted: local error in processing (${session})`);
    case 'mismatch':
      return reply(553, '5.1.8 Sender address rejected');
    default:
      return typeof fault.fault === 'number' ? reply(fault.fault, 'Refused on demand') : undefined;
  }
}

function reply(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
