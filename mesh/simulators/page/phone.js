/** Elements instead of HTML text: what arrives is never trusted as markup. */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('aria-') || name.startsWith('data-')) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter(Boolean));
  return node;
}

const withoutSeconds = { hour: '2-digit', minute: '2-digit' };
const withMilliseconds = { ...withoutSeconds, second: '2-digit', fractionalSecondDigits: 3 };

/**
 * The phone's screen, newest alert on top.
 * @param messages oldest first
 * @param answer called with the WhatsApp offer and the decision
 */
export function phoneView({ to, messages, words, language, answer }) {
  const locale = language === 'id' ? 'id-ID' : 'en-GB';
  const newest = messages.at(-1);
  const at = new Date(newest?.deliveredAt.at(-1) ?? Date.now());
  const isMailbox = to.includes('@');
  const offer = messages.findLast((one) => one.channel === 'whatsapp' && one.buttons?.length > 1);
  const pushes = messages.filter((one) => one.channel === 'push');
  const closed = new Set(pushes.filter(({ data }) => data.type === 'offer_closed').map(({ data }) => data.tag));
  const latestAlert = pushes.findLast(({ data }) => data.type === 'emergency_offer' && !closed.has(data.tag));
  const cards = messages.toReversed().map((message) => {
    const own = message === offer || (message === latestAlert && !isMailbox);
    return card({ message, words, locale, actions: own ? actions({ offer, words, answer }) : undefined });
  });
  return element(
    'article',
    { className: isMailbox ? 'mailbox' : 'phone', 'aria-label': to },
    element(
      'div',
      { className: 'screen' },
      element(
        'div',
        { className: 'clock' },
        element(
          'time',
          { className: 'hour', dateTime: at.toISOString() },
          at.toLocaleTimeString(locale, withoutSeconds),
        ),
        element(
          'p',
          { className: 'date' },
          at.toLocaleDateString(locale, { weekday: 'long', day: 'numeric', month: 'long' }),
        ),
        element('p', { className: 'owner' }, `${to} · ${words.messages(messages.length)}`),
      ),
      element('ol', { className: 'cards', 'aria-live': 'polite' }, ...cards),
    ),
  );
}

function card({ message, words, locale, actions }) {
  const received = new Date(message.receivedAt);
  const repeated =
    message.deliveries > 1 ? words.duplicates(message.deliveries) : message.duplicateOf ? words.repeat : '';
  return element(
    'li',
    { className: `card ${message.channel}` },
    element(
      'div',
      { className: 'meta' },
      element('span', { className: 'app' }, words[message.channel]),
      element('time', { dateTime: message.receivedAt }, received.toLocaleTimeString(locale, withMilliseconds)),
      repeated && element('span', { className: 'repeat' }, repeated),
      message.channel === 'whatsapp' &&
        element('span', { className: `status ${message.status}` }, words.status[message.status] ?? message.status),
    ),
    element('h2', {}, message.title || '—'),
    element('p', { className: 'body' }, message.body),
    ...(actions ?? []),
  );
}

function actions({ offer, words, answer }) {
  const button = (decision) =>
    element('button', {
      type: 'button',
      className: decision,
      textContent: words[decision],
      'aria-pressed': String(offer?.answer === decision),
      disabled: !offer || offer.answer !== undefined,
      onclick: () => answer(offer, decision),
    });
  const explanation = !offer
    ? words.noWhatsApp
    : offer.answer && (offer.answer === 'accept' ? words.accepted : words.declined);
  return [
    element('div', { className: 'actions' }, button('decline'), button('accept')),
    explanation && element('p', { className: 'explanation' }, explanation),
  ];
}
