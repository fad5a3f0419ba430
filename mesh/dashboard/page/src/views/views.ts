import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import type { Text } from '../lib/language.tsx';

export interface View {
  readonly path: string;
  readonly title: Text;
  /** One of the icons of shell/icon.tsx. */
  readonly icon: string;
  readonly component: LazyExoticComponent<ComponentType>;
}

/** The views in the order of the navigation; each is loaded when it is first opened. */
export const VIEWS: readonly View[] = [
  { path: '/map', title: { en: 'Map', id: 'Peta' }, icon: 'map', component: lazy(() => import('../map/map-view.tsx')) },
  {
    path: '/services',
    title: { en: 'Services', id: 'Layanan' },
    icon: 'services',
    component: lazy(() => import('../services/services-view.tsx')),
  },
  {
    path: '/traces',
    title: { en: 'Traces', id: 'Jejak' },
    icon: 'traces',
    component: lazy(() => import('../traces/traces-view.tsx')),
  },
  {
    path: '/calls',
    title: { en: 'Live calls', id: 'Panggilan langsung' },
    icon: 'calls',
    component: lazy(() => import('../calls/calls-view.tsx')),
  },
  {
    path: '/events',
    title: { en: 'Events', id: 'Peristiwa' },
    icon: 'events',
    component: lazy(() => import('../events/events-view.tsx')),
  },
  {
    path: '/contracts',
    title: { en: 'Contracts', id: 'Kontrak' },
    icon: 'contracts',
    component: lazy(() => import('../contracts/contracts-view.tsx')),
  },
  {
    path: '/objectives',
    title: { en: 'Objectives', id: 'Sasaran' },
    icon: 'objectives',
    component: lazy(() => import('../objectives/objectives-view.tsx')),
  },
  {
    path: '/logs',
    title: { en: 'Logs', id: 'Log' },
    icon: 'logs',
    component: lazy(() => import('../logs/logs-view.tsx')),
  },
];
