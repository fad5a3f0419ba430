import type { Content, ContentOf } from '../alerts/alert.ts';
import { areaText, distanceText, type Language, severityText } from './words.ts';

export interface Text {
  readonly title: string;
  readonly body: string;
}

type Texts = { readonly [Kind in Content['kind']]: (content: ContentOf<Kind>) => Text };

const indonesian: Texts = {
  emergency_offer: ({ severity, distanceMeters, area }) => ({
    title: 'Panggilan darurat',
    body: `${severityText(severity, 'id')}: seseorang butuh pertolongan, ${distanceText(distanceMeters, 'id')} dari Anda, di sekitar ${areaText(area, 'id')}. Bisakah Anda berangkat sekarang?`,
  }),
  offer_closed: ({ reason }) =>
    reason === 'expired'
      ? { title: 'Panggilan berakhir', body: 'Waktu untuk menjawab panggilan ini sudah habis.' }
      : {
          title: 'Panggilan selesai',
          body: 'Panggilan ini tidak lagi membutuhkan Anda. Terima kasih atas kesiapan Anda.',
        },
  responder_accepted: () => ({
    title: 'Bantuan berangkat',
    body: 'Seorang relawan menerima panggilan Anda dan sedang menuju lokasi.',
  }),
  responder_arrived: () => ({ title: 'Bantuan tiba', body: 'Relawan sudah tiba di lokasi Anda.' }),
  emergency_escalated: ({ severity, regency }) => ({
    title: 'Eskalasi PSC 119',
    body: `${severityText(severity, 'id')}: keadaan darurat di ${areaText(regency, 'id')} diteruskan kepada Anda sebagai koordinator PSC 119.`,
  }),
  emergency_completed: () => ({
    title: 'Pertolongan selesai',
    body: 'Panggilan darurat ini sudah ditangani. Terima kasih.',
  }),
  emergency_cancelled: () => ({ title: 'Panggilan dibatalkan', body: 'Panggilan darurat ini sudah dibatalkan.' }),
  welcome: () => ({ title: 'Selamat datang di KREKI', body: 'Akun KREKI ID Anda sudah aktif.' }),
};

const english: Texts = {
  emergency_offer: ({ severity, distanceMeters, area }) => ({
    title: 'Emergency call',
    body: `${severityText(severity, 'en')}: somebody needs help, ${distanceText(distanceMeters, 'en')} from you, around ${areaText(area, 'en')}. Can you leave now?`,
  }),
  offer_closed: ({ reason }) =>
    reason === 'expired'
      ? { title: 'Call expired', body: 'The time to answer this call is over.' }
      : { title: 'Call withdrawn', body: 'This call does not need you any longer. Thank you for being ready.' },
  responder_accepted: () => ({
    title: 'Help is on the way',
    body: 'A volunteer has accepted your call and is coming to you.',
  }),
  responder_arrived: () => ({ title: 'Help has arrived', body: 'The volunteer has reached you.' }),
  emergency_escalated: ({ severity, regency }) => ({
    title: 'Escalated to PSC 119',
    body: `${severityText(severity, 'en')}: an emergency in ${areaText(regency, 'en')} has been passed on to you as PSC 119 coordinator.`,
  }),
  emergency_completed: () => ({ title: 'Help was given', body: 'This emergency has been taken care of. Thank you.' }),
  emergency_cancelled: () => ({ title: 'Call cancelled', body: 'This emergency call was called off.' }),
  welcome: () => ({ title: 'Welcome to KREKI', body: 'Your KREKI ID is ready.' }),
};

const languages: Record<Language, Texts> = { id: indonesian, en: english };

/** Title and text as a phone's lock screen and the inbox show them: nothing of health or identity. */
export function textOf<Kind extends Content['kind']>(content: ContentOf<Kind>, language: Language): Text {
  const texts: Texts = languages[language];
  const render = texts[content.kind as Kind];
  return render(content);
}
