import { globSync, readFileSync } from 'node:fs';

/** What the logs of a mesh say happened in a call, by its trace: the words of the error and where in our own code it was. */
export function causeIn(folder: string): (traceId: string) => string {
  return (traceId) => {
    if (traceId === '') return '';
    for (const file of globSync(`${folder}/logs/*.log`)) {
      for (const line of readFileSync(file, 'utf8').split('\n')) {
        if (!line.includes(traceId) || !line.includes('"err"')) continue;
        const { err } = JSON.parse(line) as { err: { message?: string; stack?: string } };
        const ours = err.stack?.split('\n').find((each) => each.includes(' at ') && !/node_modules|node:/.test(each));
        return `${err.message?.slice(0, 300)} ${ours?.trim() ?? ''}`;
      }
    }
    return '';
  };
}
