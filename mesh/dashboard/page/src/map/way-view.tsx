import { EdgeSecurity } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from '@xyflow/react';
import { memo } from 'react';
import { Icon } from '../shell/icon.tsx';
import type { WayEdge } from './elements.ts';

/** What passes from one part to another, with a label where there is something to say. */
export const WayView = memo(({ id, data, markerEnd, ...ends }: EdgeProps<WayEdge>) => {
  const [path, x, y] = getBezierPath(ends);
  if (!data) return null;
  const { text, security, look } = data;
  return (
    <>
      <BaseEdge id={id} path={path} markerEnd={markerEnd ?? ''} className={look} />
      {text && (
        <EdgeLabelRenderer>
          <div className="way-label" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
            {security === EdgeSecurity.MTLS && <Icon name="lock" size={11} />}
            {security === EdgeSecurity.PLAINTEXT && <Icon name="unlock" size={11} />}
            {text}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
