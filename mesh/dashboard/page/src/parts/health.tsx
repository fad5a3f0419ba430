import { Health } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { useText } from '../lib/language.tsx';

const NAMES = {
  [Health.UNSPECIFIED]: { en: 'Unknown', id: 'Tidak diketahui' },
  [Health.SERVING]: { en: 'Serving', id: 'Melayani' },
  [Health.DEGRADED]: { en: 'Degraded', id: 'Menurun' },
  [Health.DOWN]: { en: 'Down', id: 'Mati' },
  [Health.UNREACHABLE]: { en: 'Unreachable', id: 'Tak terjangkau' },
};

/** A class for each state, for colours; shape and word say the same. */
export const healthClass = (health: Health): string => Health[health].toLowerCase();

const MARKS = {
  [Health.UNSPECIFIED]: '○',
  [Health.SERVING]: '●',
  [Health.DEGRADED]: '▲',
  [Health.DOWN]: '■',
  [Health.UNREACHABLE]: '□',
};

export function HealthBadge({ health, reason = '' }: { health: Health; reason?: string }) {
  const t = useText();
  return (
    <span className={`health ${healthClass(health)}`} title={reason}>
      <span aria-hidden="true">{MARKS[health]}</span> {t(NAMES[health])}
    </span>
  );
}

/** Success as text, in the colour of its threshold: below 95 % and below 90 %. */
export function Success({ ratio, calls }: { ratio: number; calls: bigint }) {
  if (calls === 0n) return <span className="muted">–</span>;
  const floored = Math.floor(ratio * 10_000) / 100;
  const level = ratio < 0.9 ? 'down' : ratio < 0.95 ? 'degraded' : 'serving';
  return <span className={`ratio ${level}`}>{floored === 100 ? '100' : floored.toFixed(2)} %</span>;
}
