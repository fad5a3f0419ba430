import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

export const LANGUAGES = ['en', 'id'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A text in each language. */
export type Text = Readonly<Record<Language, string>>;

const STORED = 'language';
const LanguageContext = createContext<{ language: Language; choose: (language: Language) => void }>({
  language: 'en',
  choose: () => undefined,
});

/** The person's choice, else the browser's language where it is one of ours. */
function initial(): Language {
  const stored = localStorage.getItem(STORED) ?? navigator.language.slice(0, 2);
  return LANGUAGES.find((language) => language === stored) ?? 'en';
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(initial);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = (chosen: Language) => {
    localStorage.setItem(STORED, chosen);
    setLanguage(chosen);
  };
  return <LanguageContext value={{ language, choose }}>{children}</LanguageContext>;
}

export const useLanguage = () => useContext(LanguageContext);

/** Gives the text of the present language; `{name}` in it is replaced by the value of that name. */
export function useText() {
  const { language } = useLanguage();
  return (text: Text, values: Readonly<Record<string, string | number>> = {}): string =>
    text[language].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
