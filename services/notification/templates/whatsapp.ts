import type { Content } from '../alerts/alert.ts';
import { areaText, distanceText, type Language, severityText } from './words.ts';

interface Component {
  readonly type: 'body' | 'button';
  readonly sub_type?: 'quick_reply';
  readonly index?: string;
  readonly parameters: readonly ({ type: 'text'; text: string } | { type: 'payload'; payload: string })[];
}

/** The `template` part of a message to the Cloud API. */
export interface WhatsAppTemplate {
  readonly name: string;
  readonly language: { readonly code: Language };
  readonly components: readonly Component[];
}

/** The approved template for a notification and its parameters; undefined when none was approved for its kind. */
export function whatsappTemplate(
  content: Content,
  emergencyId: string | null,
  language: Language,
): WhatsAppTemplate | undefined {
  const code = { code: language };
  switch (content.kind) {
    case 'emergency_offer': {
      const { severity, distanceMeters, area } = content;
      const texts = [
        severityText(severity, language),
        distanceText(distanceMeters, language),
        areaText(area, language),
      ];
      const components = [body(texts), button(0, `accept:${emergencyId}`), button(1, `decline:${emergencyId}`)];
      return { name: 'emergency_offer', language: code, components };
    }
    case 'emergency_escalated': {
      const texts = [severityText(content.severity, language), areaText(content.regency, language)];
      return { name: 'emergency_escalated', language: code, components: [body(texts)] };
    }
    case 'responder_accepted':
      return { name: 'responder_accepted', language: code, components: [] };
    case 'offer_closed':
      return { name: 'offer_withdrawn', language: code, components: [] };
    default:
      return undefined;
  }
}

const body = (texts: readonly string[]): Component => ({
  type: 'body',
  parameters: texts.map((text) => ({ type: 'text', text: oneLine(text) })),
});

const button = (index: number, payload: string): Component => ({
  type: 'button',
  sub_type: 'quick_reply',
  index: String(index),
  parameters: [{ type: 'payload', payload }],
});

/** The Cloud API refuses new lines, tabs and runs of spaces in a parameter. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
