/** One approved translation; `{{1}}` is the first body parameter. */
export interface Translation {
  readonly header?: string;
  readonly body: string;
  /** Labels of the quick-reply buttons, by index. */
  readonly buttons: readonly string[];
}

export interface Template {
  /** Body parameters that a send must carry; any number when absent. */
  readonly bodyParameters?: number;
  readonly languages: Readonly<Record<string, Translation>>;
}

/** The templates that KREKI had approved: the only thing WhatsApp sends to somebody who has not written within 24 hours. */
export const templates: Readonly<Record<string, Template>> = {
  emergency_offer: {
    bodyParameters: 3,
    languages: {
      id: {
        header: 'Panggilan darurat',
        body: '{{1}}: seseorang butuh pertolongan, {{2}} dari Anda, di sekitar {{3}}. Bisakah Anda berangkat sekarang?',
        buttons: ['Terima', 'Tolak'],
      },
      en: {
        header: 'Emergency call',
        body: '{{1}}: somebody needs help, {{2}} from you, around {{3}}. Can you leave now?',
        buttons: ['Accept', 'Decline'],
      },
    },
  },
  offer_withdrawn: {
    languages: {
      id: {
        header: 'Panggilan selesai',
        body: 'Penolong lain sudah berangkat. Terima kasih atas kesiapan Anda.',
        buttons: [],
      },
      en: {
        header: 'Call withdrawn',
        body: 'Other responders are on their way. Thank you for being ready.',
        buttons: [],
      },
    },
  },
  responder_accepted: {
    languages: {
      id: {
        header: 'Bantuan berangkat',
        body: 'Seorang relawan menerima panggilan Anda dan sedang menuju lokasi.',
        buttons: [],
      },
      en: {
        header: 'Help is on the way',
        body: 'A volunteer has accepted your call and is coming to you.',
        buttons: [],
      },
    },
  },
  emergency_escalated: {
    bodyParameters: 2,
    languages: {
      id: {
        header: 'Eskalasi PSC 119',
        body: 'Keadaan darurat ({{1}}) di {{2}} diteruskan kepada koordinator PSC 119.',
        buttons: [],
      },
      en: {
        header: 'Escalated to PSC 119',
        body: 'An emergency ({{1}}) in {{2}} has been passed on to the PSC 119 coordinators.',
        buttons: [],
      },
    },
  },
};

/** The text a phone shows; parameters that the text has no place for follow it. */
export function render(translation: Translation, parameters: readonly string[]): string {
  const used = new Set<number>();
  const text = translation.body.replace(/\{\{(\d+)\}\}/g, (_, digits: string) => {
    used.add(Number(digits) - 1);
    return parameters[Number(digits) - 1] ?? '';
  });
  const rest = parameters.filter((_, index) => !used.has(index));
  return rest.length > 0 ? `${text} (${rest.join(', ')})` : text;
}
