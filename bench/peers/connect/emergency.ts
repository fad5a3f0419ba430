/** The emergency service as it is, on a NATS server of its own, so that its events are not the mesh's. Its parent is told when it serves. */
import { startNatsServer } from '../../../mesh/runtime/testing/nats-server.ts';
import { readConfig } from '../../../services/emergency/config.ts';
import { startEmergency } from '../../../services/emergency/service.ts';

const nats = await startNatsServer();
process.on('exit', () => void nats.kill());
process.on('disconnect', () => process.exit());
const service = await startEmergency(readConfig({ ...process.env, NATS_URL: nats.urlOf('emergency') }));
process.on('SIGTERM', async () => {
  await service.stop();
  await nats.stop();
  process.exit();
});
process.send?.({ url: service.url });
