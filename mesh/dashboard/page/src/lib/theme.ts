import { useEffect, useState, useSyncExternalStore } from 'react';

const STORED = 'theme';
export type Theme = 'light' | 'dark';

/** The person's choice, else the system's. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    const stored = localStorage.getItem(STORED);
    if (stored === 'light' || stored === 'dark') return stored;
    return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  });
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const choose = (chosen: Theme) => {
    localStorage.setItem(STORED, chosen);
    setTheme(chosen);
  };
  return [theme, choose];
}

function watchTheme(onChange: () => void): () => void {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}

/** The theme as the page shows it, for what is drawn by hand. */
export const useShownTheme = () => useSyncExternalStore(watchTheme, () => document.documentElement.dataset.theme);
