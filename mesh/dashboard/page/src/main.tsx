import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { LanguageProvider } from './lib/language.tsx';
import { PausedProvider } from './lib/live.tsx';
import { openSession } from './shell/viewer.ts';
import { viewAt } from './views/views.ts';
import './styles/base.css';
import './styles/shell.css';
import './styles/map.css';
import './styles/traces.css';
import './styles/views.css';

// Both under way before anything is rendered; where the code cannot be fetched, the view says so.
void openSession();
viewAt(location.pathname)
  ?.load()
  .catch(() => undefined);
const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <PausedProvider>
        <App />
      </PausedProvider>
    </LanguageProvider>
  </StrictMode>,
);
