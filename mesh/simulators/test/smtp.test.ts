import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createTransport, type Transporter } from 'nodemailer';
import { type World, world } from './harness.ts';

describe('SMTP, through nodemailer', () => {
  let here: World;
  let mailer: Transporter;
  before(async () => {
    here = await world();
    mailer = createTransport({ host: '127.0.0.1', port: here.simulators.smtpPort, ignoreTLS: true });
  });
  after(async () => {
    mailer.close();
    await here[Symbol.asyncDispose]();
  });

  const mail = (to: string) => ({ from: 'kreki@kreki.id', to, subject: 'Kursus baru: PFA', text: 'Mulai 1 Desember.' });

  it('a mail arrives in its mailbox, decoded', async () => {
    await mailer.sendMail({ ...mail('Budi@Example.id'), subject: 'Kursus “PFA” dibuka' });
    const [message] = await here.messages('budi@example.id');
    assert.equal(message?.title, 'Kursus “PFA” dibuka');
    assert.equal(message?.body.trim(), 'Mulai 1 Desember.');
    assert.equal(message?.channel, 'email');
  });

  it('faults on demand are SMTP replies', async () => {
    await here.post('/control', { provider: 'smtp', target: 'gone@example.id', fault: 'unregistered' });
    await here.post('/control', { provider: 'smtp', target: 'busy@example.id', fault: 'unavailable', times: 1 });
    await assert.rejects(mailer.sendMail(mail('gone@example.id')), { responseCode: 550 });
    await assert.rejects(mailer.sendMail(mail('busy@example.id')), { responseCode: 421 });
    await mailer.sendMail(mail('busy@example.id'));
    assert.equal((await here.messages('busy@example.id')).length, 1);
  });
});
