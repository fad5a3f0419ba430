import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { LanguageProvider } from './lib/language.tsx';
import { PausedProvider } from './lib/live.tsx';
import './styles/base.css';
import './styles/shell.css';
import './styles/map.css';
import './styles/traces.css';
import './styles/views.css';

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
