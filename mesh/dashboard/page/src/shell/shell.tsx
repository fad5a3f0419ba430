import type { Viewer } from '@kreki/gen/kreki/mesh/v1/session_service_pb.js';
import { type ReactNode, useEffect } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { useText } from '../lib/language.tsx';
import { VIEWS, viewAt } from '../views/views.ts';
import { Icon } from './icon.tsx';
import { Toolbar } from './toolbar.tsx';

const SKIP = { en: 'Skip to the content', id: 'Langsung ke isi' };
const NAVIGATION = { en: 'Views', id: 'Tampilan' };

/** Parameters that every view shares; the others belong to one view and stay behind. */
const SHARED = ['range', 'end'];

export function Shell({ viewer, onSignOut, children }: { viewer: Viewer; onSignOut: () => void; children: ReactNode }) {
  const t = useText();
  const [location] = useLocation();
  const parameters = new URLSearchParams(useSearch());
  const shared = new URLSearchParams([...parameters].filter(([name]) => SHARED.includes(name))).toString();
  const view = viewAt(location);
  useEffect(() => {
    document.title = view ? `${t(view.title)} · KREKI mesh` : 'KREKI mesh';
  }, [view, t]);
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {t(SKIP)}
      </a>
      <nav aria-label={t(NAVIGATION)}>
        <div className="brand">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>KREKI mesh</span>
        </div>
        <ul>
          {VIEWS.map(({ path, title, icon }) => (
            <li key={path}>
              <Link
                href={shared ? `${path}?${shared}` : path}
                aria-current={location.startsWith(path) ? 'page' : undefined}
              >
                <Icon name={icon} />
                <span>{t(title)}</span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="page">
        <header>
          <h1>{view ? t(view.title) : 'KREKI mesh'}</h1>
          <Toolbar viewer={viewer} onSignOut={onSignOut} />
        </header>
        <main id="content" tabIndex={-1}>
          {children}
        </main>
      </div>
    </div>
  );
}
