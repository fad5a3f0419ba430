import { isObject } from '../http/exchange.ts';
import type { Button } from '../inbox/message.ts';
import { type GraphAnswer, invalidParameter, missingParameter, whatsappError } from './errors.ts';
import { render, templates } from './templates.ts';

const MAX_CALLBACK_DATA = 512;
const MAX_TEXT = 4_096;

/** What a phone is going to show. */
export interface Content {
  readonly type: 'template' | 'text' | 'interactive';
  readonly title: string;
  readonly body: string;
  readonly buttons: readonly Button[];
  readonly data: Record<string, unknown>;
}

type Result = { readonly content: Content } | { readonly refusal: GraphAnswer };

/** Reads a send request as the Cloud API does: the content, or its refusal. */
export function validate(body: Record<string, unknown>): Result {
  if (body.messaging_product !== 'whatsapp') return { refusal: missingParameter('messaging_product') };
  if (body.recipient_type !== undefined && body.recipient_type !== 'individual') {
    return { refusal: invalidParameter('recipient_type must be individual') };
  }
  if (typeof body.to !== 'string' || body.to === '') return { refusal: missingParameter('to') };
  if (!/^\+?[\d\s()-]{8,24}$/.test(body.to)) {
    return { refusal: whatsappError(131009, 'Parameter value is not valid: to is not a phone number') };
  }
  const opaque = body.biz_opaque_callback_data;
  if (opaque !== undefined && (typeof opaque !== 'string' || opaque.length > MAX_CALLBACK_DATA)) {
    return { refusal: invalidParameter(`biz_opaque_callback_data must be a string of at most ${MAX_CALLBACK_DATA}`) };
  }
  const type = body.type ?? 'text';
  if (type !== 'template' && type !== 'text' && type !== 'interactive') {
    const expected = '{"INTERACTIVE", "TEMPLATE", "TEXT"}';
    return { refusal: invalidParameter(`Param type must be one of ${expected} - got "${String(type)}".`) };
  }
  const part = body[type];
  if (!isObject(part)) return { refusal: missingParameter(type) };
  if (type === 'template') return template(part);
  return type === 'text' ? text(part) : interactive(part);
}

function template(part: Record<string, unknown>): Result {
  const { name, language } = part;
  if (typeof name !== 'string') return { refusal: missingParameter("template['name']") };
  const code = isObject(language) ? language.code : undefined;
  if (typeof code !== 'string') return { refusal: missingParameter("template['language']['code']") };
  const approved = Object.hasOwn(templates, name) ? templates[name] : undefined;
  const translation = approved && Object.hasOwn(approved.languages, code) ? approved.languages[code] : undefined;
  if (!approved || !translation) {
    return { refusal: whatsappError(132001, `template name (${name}) does not exist in ${code}`) };
  }
  const components = Array.isArray(part.components) ? part.components.filter(isObject) : [];
  const parameters = textParameters(components.find((one) => one.type === 'body')?.parameters);
  if (!parameters) return { refusal: whatsappError(132012, 'body: every parameter must be a non-empty text') };
  const expected = approved.bodyParameters;
  if (expected !== undefined && parameters.length !== expected) {
    const details = `body: number of localizable_params (${parameters.length}) does not match the expected number of params (${expected})`;
    return { refusal: whatsappError(132000, details) };
  }
  const buttons = translation.buttons.map((label) => ({ text: label, payload: label }));
  for (const component of components.filter((one) => one.type === 'button')) {
    const index = Number(component.index);
    const button = buttons[index];
    const parameter = Array.isArray(component.parameters) ? component.parameters[0] : undefined;
    if (!button || component.sub_type !== 'quick_reply' || typeof parameter?.payload !== 'string') {
      return {
        refusal: whatsappError(
          132012,
          `buttons: Button at index ${component.index} is not a quick reply with a payload`,
        ),
      };
    }
    button.payload = parameter.payload;
  }
  return {
    content: {
      type: 'template',
      title: translation.header ?? name,
      body: render(translation, parameters),
      buttons,
      data: { template: name, language: code, parameters },
    },
  };
}

/** The texts, or undefined when one is missing or of another type. New lines are refused as the real one refuses them. */
function textParameters(parameters: unknown): string[] | undefined {
  if (parameters === undefined) return [];
  if (!Array.isArray(parameters)) return undefined;
  const texts: string[] = [];
  for (const one of parameters) {
    if (!isObject(one) || one.type !== 'text' || typeof one.text !== 'string') return undefined;
    if (one.text === '' || /[\n\t]| {5}/.test(one.text)) return undefined;
    texts.push(one.text);
  }
  return texts;
}

function text(part: Record<string, unknown>): Result {
  if (typeof part.body !== 'string' || part.body === '') return { refusal: missingParameter("text['body']") };
  if (part.body.length > MAX_TEXT)
    return { refusal: invalidParameter(`text['body'] must be at most ${MAX_TEXT} characters long.`) };
  return { content: { type: 'text', title: 'WhatsApp', body: part.body, buttons: [], data: {} } };
}

function interactive(part: Record<string, unknown>): Result {
  const body = isObject(part.body) ? part.body.text : undefined;
  if (part.type !== 'button') return { refusal: whatsappError(131009, 'interactive: only type button is supported') };
  if (typeof body !== 'string' || body === '') return { refusal: missingParameter("interactive['body']['text']") };
  const list = isObject(part.action) && Array.isArray(part.action.buttons) ? part.action.buttons : [];
  const buttons = list.map((one) => ({ text: String(one?.reply?.title ?? ''), payload: String(one?.reply?.id ?? '') }));
  if (buttons.length < 1 || buttons.length > 3)
    return { refusal: whatsappError(131009, 'Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3') };
  if (buttons.some((one) => !one.text || one.text.length > 20 || !one.payload || one.payload.length > 256)) {
    return { refusal: whatsappError(131009, 'Button title must be 1 to 20 characters, its id 1 to 256') };
  }
  return { content: { type: 'interactive', title: 'WhatsApp', body, buttons, data: {} } };
}
