import type { Viewer } from '@kreki/gen/kreki/mesh/v1/session_service_pb.js';
import { LANGUAGES, useLanguage, useText } from '../lib/language.tsx';
import { usePaused } from '../lib/live.tsx';
import { RANGES, useRange } from '../lib/range.ts';
import { useTheme } from '../lib/theme.ts';
import { Icon } from './icon.tsx';

const TEXTS = {
  range: { en: 'Time range', id: 'Rentang waktu' },
  last: { en: 'Last {minutes} min', id: '{minutes} mnt terakhir' },
  now: { en: 'Back to now', id: 'Kembali ke sekarang' },
  until: { en: 'until {time}', id: 'sampai {time}' },
  pause: { en: 'Pause', id: 'Jeda' },
  resume: { en: 'Resume', id: 'Lanjut' },
  language: { en: 'Language', id: 'Bahasa' },
  dark: { en: 'Dark theme', id: 'Tema gelap' },
  light: { en: 'Light theme', id: 'Tema terang' },
  leave: { en: 'Sign out', id: 'Keluar' },
};
const LANGUAGE_NAMES = { en: 'English', id: 'Indonesia' };

export function Toolbar({ viewer, onSignOut }: { viewer: Viewer; onSignOut: () => void }) {
  const t = useText();
  const { language, choose } = useLanguage();
  const { paused, setPaused } = usePaused();
  const { length, setLength, endMs, setEnd } = useRange();
  const [theme, setTheme] = useTheme();
  return (
    <div className="toolbar">
      {endMs !== undefined && (
        <button type="button" onClick={() => setEnd('')}>
          {t(TEXTS.until, { time: new Date(endMs).toLocaleTimeString('en-GB') })} · {t(TEXTS.now)}
        </button>
      )}
      <select aria-label={t(TEXTS.range)} value={length} onChange={(event) => setLength(event.target.value)}>
        {RANGES.map((each) => (
          <option key={each} value={each}>
            {t(TEXTS.last, { minutes: Number.parseInt(each, 10) })}
          </option>
        ))}
      </select>
      <button type="button" className={paused ? 'paused' : ''} aria-pressed={paused} onClick={() => setPaused(!paused)}>
        <Icon name={paused ? 'play' : 'pause'} />
        {t(paused ? TEXTS.resume : TEXTS.pause)}
      </button>
      <select aria-label={t(TEXTS.language)} value={language} onChange={(event) => choose(event.target.value as 'en')}>
        {LANGUAGES.map((each) => (
          <option key={each} value={each}>
            {LANGUAGE_NAMES[each]}
          </option>
        ))}
      </select>
      <button
        type="button"
        className="plain"
        aria-label={t(theme === 'dark' ? TEXTS.light : TEXTS.dark)}
        onClick={() => setTheme(theme === 'dark' ? 'light' : 'dark')}
      >
        <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
      </button>
      <span className="viewer" title={viewer.role}>
        {viewer.fullName}
      </span>
      <button type="button" className="plain" aria-label={t(TEXTS.leave)} onClick={onSignOut}>
        <Icon name="leave" />
      </button>
    </div>
  );
}
