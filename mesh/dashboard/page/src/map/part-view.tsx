import type { NodeProps } from '@xyflow/react';
import { memo } from 'react';
import { useText } from '../lib/language.tsx';
import type { PartNode } from './elements.ts';
import { KIND_NAMES } from './labels.ts';

/** A part of the mesh with its figures. */
export const PartView = memo(({ data: { kind, tier, title, figures, look }, selected }: NodeProps<PartNode>) => {
  const t = useText();
  return (
    <div className={`part ${look}`} data-selected={selected}>
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
