import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import type { Text } from '../lib/language.tsx';

export interface View {
  readonly path: string;
  readonly title: Text;
  /** One of the icons of shell/icon.tsx. */
  readonly icon: string;
  /** Fetches its code, once. */
  readonly load: () => Promise<{ default: ComponentType }>;
  readonly component: LazyExoticComponent<ComponentType>;
}

const view = (path: string, title: Text, icon: string, load: View['load']): View => ({
  path,
  title,
  icon,
  load,
  component: lazy(load),
});

/** The views in the order of the navigation; each is loaded when it is first opened. */
export const VIEWS: readonly View[] = [
  view('/map', { en: 'Map', id: 'Peta' }, 'map', () => import('../map/map-view.tsx')),
  view('/services', { en: 'Services', id: 'Layanan' }, 'services', () => import('../services/services-view.tsx')),
  view('/traces', { en: 'Traces', id: 'Jejak' }, 'traces', () => import('../traces/traces-view.tsx')),
  view('/calls', { en: 'Live calls', id: 'Panggilan langsung' }, 'calls', () => import('../calls/calls-view.tsx')),
  view('/events', { en: 'Events', id: 'Peristiwa' }, 'events', () => import('../events/events-view.tsx')),
  view('/contracts', { en: 'Contracts', id: 'Kontrak' }, 'contracts', () => import('../contracts/contracts-view.tsx')),
  view(
    '/objectives',
    { en: 'Objectives', id: 'Sasaran' },
    'objectives',
    () => import('../objectives/objectives-view.tsx'),
  ),
  view('/logs', { en: 'Logs', id: 'Log' }, 'logs', () => import('../logs/logs-view.tsx')),
];

/** The view that an address shows; none: it is led to the map. */
export const viewAt = (location: string): View | undefined => VIEWS.find(({ path }) => location.startsWith(path));
