import type { Edge, Node } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { rate } from '../lib/format.ts';
import { type Text, useText } from '../lib/language.tsx';
import { KIND_NAMES } from './labels.ts';

const WAYS: Text = { en: 'Edges', id: 'Panah' };

/** What passes into a part and out of it, the busiest first: each edge within reach of keyboards and screen readers. */
export function WaysOfPart({
  part,
  nodes,
  edges,
  onSelect,
}: {
  part: Node;
  nodes: readonly Node[];
  edges: readonly Edge[];
  onSelect: (id: string) => void;
}) {
  const t = useText();
  const touching = edges
    .filter(({ source, target }) => source === part.id || target === part.id)
    .sort((a, b) => (b.signals?.rate ?? 0) - (a.signals?.rate ?? 0));
  if (touching.length === 0) return null;
  return (
    <section aria-labelledby="ways">
      <h3 id="ways">{t(WAYS)}</h3>
      <ul className="ways-of-part">
        {touching.map(({ id, source, target, durable, signals }) => {
          const out = source === part.id;
          const other = nodes.find((node) => node.id === (out ? target : source));
          return (
            <li key={id}>
              <button type="button" className="plain" onClick={() => onSelect(id)}>
                <span>
                  {out ? '→' : '←'} {other?.title} <small>{durable || (other && t(KIND_NAMES[other.kind]))}</small>
                </span>
                <span className="muted">{rate(signals?.rate ?? 0)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
