import { type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { useText } from '../lib/language.tsx';
import type { PartNode } from './elements.ts';
import { KIND_NAMES } from './labels.ts';

/** Where edges begin and end, as React Flow looks for them; its own handles are for drawing edges by hand, and follow every movement. */
const PORTS = (
  <>
    <i className="port target" data-handleid="in" data-handlepos={Position.Left} />
    <i className="port source" data-handleid="back" data-handlepos={Position.Left} />
    <i className="port source" data-handleid="out" data-handlepos={Position.Right} />
    <i className="port target" data-handleid="return" data-handlepos={Position.Right} />
  </>
);

/** A part of the mesh with its figures. */
export const PartView = memo(({ data: { kind, tier, title, figures, look }, selected }: NodeProps<PartNode>) => {
  const t = useText();
  return (
    <div className={`part ${look}`} data-selected={selected}>
      {PORTS}
      <div className="kind">
        {t(KIND_NAMES[kind])}
        {tier > 0 && <span className={`tier tier${tier}`}>T{tier}</span>}
      </div>
      <div className="title">{title}</div>
      <div className="figures">
        {figures.map((figure, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: which figure it is
          <span key={index}>{figure}</span>
        ))}
      </div>
    </div>
  );
});
