/** Generates the Prisma client of each service, or of those named, whose schema changed since its client was generated. */
import { globSync } from 'node:fs';
import { repository } from './folders.ts';
import { generateClient, isStale } from './prisma-clients.ts';
import { Steps } from './steps.ts';

const wanted = process.argv.slice(2);
const services = wanted.length > 0 ? wanted : ['*'];
const schemas = globSync(
  services.map((name) => `services/${name}/prisma/schema.prisma`),
  { cwd: repository },
);
const stale = schemas.filter(isStale);

if (stale.length > 0) {
  const steps = new Steps();
  const names = stale.map((schema) => schema.split('/')[1]).join(', ');
  await steps.run('Prisma clients', async () => {
    for (const schema of stale) await generateClient(schema);
    return names;
  });
}
