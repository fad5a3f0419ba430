import { MapService, type WatchMapResponse } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { useMemo } from 'react';
import { clientOf } from '../lib/client.ts';
import { useText } from '../lib/language.tsx';
import { useStream } from '../lib/live.tsx';
import { useRange } from '../lib/range.ts';
import { useParameter } from '../lib/url-state.ts';
import { Shown, SourceNotices } from '../parts/state.tsx';
import { EdgeDetails, NodeDetails } from './details.tsx';
import { Flow } from './flow.tsx';
import { found, neighbourhood, withoutIdle } from './focus.ts';
import { LABEL_NAMES, LABELS, type Label } from './labels.ts';
import { WaysOfPart } from './ways-of-part.tsx';

const client = clientOf(MapService);
const TEXTS = {
  find: { en: 'Find a part', id: 'Cari bagian' },
  labels: { en: 'Labels of edges', id: 'Label panah' },
  focus: { en: 'Only its neighbours', id: 'Hanya tetangganya' },
  idle: { en: 'Hide idle', id: 'Sembunyikan yang diam' },
  compare: { en: 'Compare with before', id: 'Bandingkan dengan sebelumnya' },
};

/** The whole mesh as one graph; what is searched, chosen and shown is in the address. */
export default function MapView() {
  const t = useText();
  const { range, length, endMs } = useRange();
  const [text, setText] = useParameter('find');
  const [label, setLabel] = useParameter('label', 'rate');
  const [selected, setSelected] = useParameter('selected');
  const [focus, setFocus] = useParameter('focus');
  const [idle, setIdle] = useParameter('idle');
  const [compare, setCompare] = useParameter('compare');
  const live = useStream(`${length}|${endMs}|${compare}`, (signal) =>
    client.watchMap({ range, withPrevious: compare === '1' }, { signal }),
  );
  return (
    <div className="map-view">
      <div className="controls">
        <input
          type="search"
          value={text}
          placeholder={t(TEXTS.find)}
          aria-label={t(TEXTS.find)}
          onChange={(event) => setText(event.target.value)}
        />
        <select aria-label={t(TEXTS.labels)} value={label} onChange={(event) => setLabel(event.target.value)}>
          {LABELS.map((each) => (
            <option key={each} value={each}>
              {t(LABEL_NAMES[each])}
            </option>
          ))}
        </select>
        <Switch label={t(TEXTS.focus)} on={focus === '1'} set={(on) => setFocus(on ? '1' : '')} disabled={!selected} />
        <Switch label={t(TEXTS.idle)} on={idle === 'hide'} set={(on) => setIdle(on ? 'hide' : '')} />
        <Switch label={t(TEXTS.compare)} on={compare === '1'} set={(on) => setCompare(on ? '1' : '')} />
      </div>
      <Shown live={live}>
        {(map) => (
          <Drawing
            map={map}
            view={{
              text,
              label: LABELS.find((each) => each === label) ?? 'rate',
              selected,
              focused: focus === '1',
              idleHidden: idle === 'hide',
            }}
            onSelect={setSelected}
          />
        )}
      </Shown>
    </div>
  );
}

interface Viewed {
  readonly text: string;
  readonly label: Label;
  readonly selected: string;
  readonly focused: boolean;
  readonly idleHidden: boolean;
}

function Drawing({ map, view, onSelect }: { map: WatchMapResponse; view: Viewed; onSelect: (id: string) => void }) {
  const { selected } = view;
  const lit = useMemo(() => found(view.text, map.nodes), [view.text, map.nodes]);
  const shown = useMemo(() => {
    const busy = view.idleHidden ? withoutIdle(map.nodes, map.edges) : map;
    const chosen = view.focused && busy.nodes.some(({ id }) => id === selected);
    return chosen ? neighbourhood(selected, busy.nodes, busy.edges) : busy;
  }, [map, view.idleHidden, view.focused, selected]);
  const drawn = useMemo(() => ({ label: view.label, selected, lit }), [view.label, selected, lit]);
  const node = map.nodes.find(({ id }) => id === selected);
  const edge = map.edges.find(({ id }) => id === selected);
  return (
    <>
      <SourceNotices sources={map.sources} />
      <div className="drawing">
        <div className="flow">
          <Flow {...shown} drawn={drawn} onSelect={onSelect} />
        </div>
        {node && (
          <NodeDetails node={node}>
            <WaysOfPart part={node} nodes={map.nodes} edges={map.edges} onSelect={onSelect} />
          </NodeDetails>
        )}
        {edge && <EdgeDetails edge={edge} />}
      </div>
    </>
  );
}

function Switch(props: { label: string; on: boolean; set: (on: boolean) => void; disabled?: boolean }) {
  return (
    <label className="switch">
      <input
        type="checkbox"
        checked={props.on}
        disabled={props.disabled}
        onChange={(event) => props.set(event.target.checked)}
      />
      {props.label}
    </label>
  );
}
