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
];
