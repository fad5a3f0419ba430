/** `npm run dead-letters`: lists, shows, replays and drops the events that consumers gave up on. */
import { createInterface } from 'node:readline/promises';
import { run } from './run.ts';

process.exit(
  await run(process.argv.slice(2), process.env, {
    tell: (text) => console.log(text),
    async agrees(question) {
      if (!process.stdin.isTTY) return undefined;
      const terminal = createInterface({ input: process.stdin, output: process.stdout });
      const answer = await terminal.question(`${question} [y/N] `).finally(() => terminal.close());
      return /^y(es)?$/i.test(answer.trim());
    },
  }),
);
