/** The stand-ins for FCM, WhatsApp and SMTP, as one process. */
import { readConfig } from './config.ts';
import { startSimulators } from './simulators.ts';

const simulators = await startSimulators(readConfig(process.env));
console.log(`simulators: ${simulators.url} (HTTP), port ${simulators.smtpPort} (SMTP)`);

const stop = () => {
  simulators.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// A launcher that was killed closes the channel; nothing must outlive it.
process.once('disconnect', stop);
