import { element, phoneView } from '/page/phone.js';
import { texts } from '/page/texts.js';

const MAX_SHOWN = 50;
const REFRESH_MS = 250;
const byId = (id) => document.getElementById(id);

/** The address bar is the page's state: the chosen phone, the search, the language and the theme. */
const address = new URLSearchParams(location.search);
const state = {
  to: address.get('to'),
  q: address.get('q') ?? '',
  language: address.get('lang') === 'en' ? 'en' : 'id',
  theme: address.get('theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'),
  phones: [],
  messages: [],
  problem: '',
};
const words = () => texts[state.language];

function remember() {
  const next = new URLSearchParams();
  if (state.to) next.set('to', state.to);
  if (state.q) next.set('q', state.q);
  next.set('lang', state.language);
  next.set('theme', state.theme);
  history.replaceState(null, '', `?${next}`);
}

function renderFrame() {
  document.documentElement.lang = state.language;
  document.documentElement.dataset.theme = state.theme;
  document.title = words().title;
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = words()[node.dataset.text];
  for (const node of document.querySelectorAll('[data-label]')) node.ariaLabel = words()[node.dataset.label];
  byId('search').placeholder = words().search;
  byId('search').ariaLabel = words().search;
  byId('search').value = state.q;
  byId('language').textContent = words().other;
  byId('theme').textContent = state.theme === 'dark' ? words().light : words().dark;
}

function renderList() {
  const lines = state.phones.map((phone) =>
    element(
      'li',
      {},
      element(
        'button',
        {
          type: 'button',
          className: 'line',
          'aria-current': String(phone.to === state.to),
          onclick: () => choose(phone.to),
        },
        element('span', { className: 'to' }, phone.to),
        element(
          'time',
          { dateTime: phone.lastAt },
          new Date(phone.lastAt).toLocaleTimeString(state.language === 'id' ? 'id-ID' : 'en-GB'),
        ),
        element('span', { className: 'preview' }, `${phone.title} ${phone.body}`),
        element(
          'span',
          { className: 'channels' },
          ...phone.channels.map((channel) => element('span', { className: `chip ${channel}` }, words()[channel])),
        ),
      ),
    ),
  );
  byId('phones').replaceChildren(...lines);
  byId('no-phones').hidden = lines.length > 0;
}

function renderPhone() {
  const stage = byId('phone');
  if (!state.to) {
    stage.replaceChildren(element('p', { className: 'empty' }, words().choose));
    return;
  }
  const view = phoneView({ to: state.to, messages: state.messages, words: words(), language: state.language, answer });
  const problem = state.problem && element('p', { className: 'problem', role: 'alert' }, state.problem);
  stage.replaceChildren(view, ...(problem ? [problem] : []));
}

function renderCounts(counts) {
  const items = Object.entries(counts).map(([channel, count]) =>
    element('div', {}, element('dt', {}, words()[channel]), element('dd', {}, count.toLocaleString('id-ID'))),
  );
  byId('counts').replaceChildren(...items);
}

async function getJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

async function refreshList() {
  const [{ phones }, { counts }] = await Promise.all([
    getJson(`/phones?${new URLSearchParams({ q: state.q, limit: '100' })}`),
    getJson('/messages/summary'),
  ]);
  state.phones = phones;
  if (!state.to && phones[0] && innerWidth > 760) choose(phones[0].to);
  renderList();
  renderCounts(counts);
}

async function refreshPhone() {
  if (!state.to) return;
  const { messages } = await getJson(`/messages?${new URLSearchParams({ to: state.to })}`);
  state.messages = messages.slice(-MAX_SHOWN);
  renderPhone();
}

/** Looking at a phone is what makes WhatsApp report its messages as read. */
function open(to, isOpen) {
  if (!to?.startsWith('+')) return;
  fetch(`/phones/${encodeURIComponent(to)}/open`, {
    method: 'POST',
    body: JSON.stringify({ open: isOpen }),
    keepalive: true,
  });
}

function choose(to) {
  if (to !== state.to) open(state.to, false);
  state.to = to;
  state.messages = [];
  state.problem = '';
  open(to, true);
  remember();
  renderList();
  refreshPhone();
}

async function answer(offer, decision) {
  const response = await fetch(`/phones/${encodeURIComponent(offer.to)}/answer`, {
    method: 'POST',
    body: JSON.stringify({ decision, messageId: offer.id }),
  });
  state.problem = response.ok ? '' : words().failed;
  await refreshPhone();
}

let scheduled;
function refreshSoon() {
  if (scheduled !== undefined) return;
  scheduled = setTimeout(() => {
    scheduled = undefined;
    refreshList();
  }, REFRESH_MS);
}

function listen() {
  const live = (on) => {
    byId('live').textContent = on ? words().live : words().offline;
    byId('live').classList.toggle('off', !on);
  };
  const events = new EventSource('/events');
  events.onopen = () => {
    live(true);
    refreshList();
    refreshPhone();
  };
  events.onerror = () => live(false);
  events.onmessage = ({ data }) => {
    refreshSoon();
    if (JSON.parse(data).some((one) => one.to === state.to || one.phone === state.to)) refreshPhone();
  };
}

byId('search').addEventListener('input', ({ target }) => {
  state.q = target.value;
  remember();
  refreshSoon();
});
byId('language').addEventListener('click', () => {
  state.language = state.language === 'id' ? 'en' : 'id';
  remember();
  renderFrame();
  renderPhone();
  byId('live').textContent = words().live;
  refreshList();
});
byId('theme').addEventListener('click', () => {
  state.theme = state.theme === 'dark' ? 'light' : 'dark';
  remember();
  renderFrame();
});
addEventListener('pagehide', () => open(state.to, false));

renderFrame();
renderPhone();
open(state.to, true);
listen();
