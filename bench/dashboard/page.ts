/**
 * `npm run bench:dashboard -- page`: how fast the dashboard's page opens, and how many frames a second it holds, while it shows a mesh of
 * 50 services with 500 ways between them whose figures change all the time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import chromium from '@sparticuz/chromium';
import { type Page, chromium as playwright } from 'playwright-core';
import { percentile } from '../load/percentiles.ts';
import { startOwnMesh } from '../own-mesh.ts';
import { rest } from '../workloads/loaded.ts';
import { EDGES, fixture, SERVICES } from './fixture.ts';

const OPENINGS = 7;
const WATCHED_MS = 10_000;
const OPEN_LIMIT_MS = 1_000;
const FRAMES_PER_SECOND = 60;

/** Notes in every page that is opened when the frame with every service and its edges was drawn, in milliseconds since the page was asked for. */
const NOTE_SHOWN = `new MutationObserver((_, observer) => {
  if (document.querySelectorAll('.react-flow__node').length < ${SERVICES}) return;
  observer.disconnect();
  const drawn = new MessageChannel();
  drawn.port1.onmessage = () => { globalThis.shownMs = performance.now(); };
  requestAnimationFrame(() => requestAnimationFrame(() => drawn.port2.postMessage('')));
}).observe(document, { childList: true, subtree: true })`;
/** How many pixels of the picture of edges are not empty. */
const COUNT_INK = `{
  const picture = document.querySelector('.ways canvas');
  const copy = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
  copy.drawImage(picture, 0, 0);
  const { data } = copy.getImageData(0, 0, picture.width, picture.height);
  data.filter((value, index) => index % 4 === 3 && value > 0).length;
}`;
/** Notes in the page when each frame is drawn. */
const COUNT_FRAMES = `{
  const times = [];
  globalThis.times = times;
  requestAnimationFrame(function next(time) {
    times.push(time);
    if (globalThis.times === times) requestAnimationFrame(next);
  });
}`;

export async function page(): Promise<boolean> {
  const own = await startOwnMesh('page', { dashboard: true });
  try {
    const send = startSending(`http://127.0.0.1:${own.ports.otlpHttp.number}/v1/metrics`);
    const browser = await playwright.launch({
      executablePath: await chromium.executablePath(),
      // A browser as it is on a machine without a GPU. The package's own flags, for functions in a cloud, put everything into one process and
      // let the processor play a GPU, which draws the same page at a tenth of the speed.
      args: ['--no-sandbox', '--disable-gpu'],
      headless: true,
    });
    try {
      const opened = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-US' });
      await opened.goto(own.mesh.dashboardUrl ?? '');
      await opened.getByRole('heading', { name: 'Map', level: 1 }).waitFor();
      await sleep(6_000);
      // The mesh beside it has the same processors, and has only just begun.
      await rest(own.processes());
      await opened.addInitScript(NOTE_SHOWN);
      return await measure(opened, new URL(own.mesh.dashboardUrl ?? '').origin);
    } finally {
      clearInterval(send);
      await browser.close();
    }
  } finally {
    await own.stop();
  }
}

function startSending(url: string): NodeJS.Timeout {
  const startMs = Date.now();
  const headers = { 'content-type': 'application/x-protobuf' };
  return setInterval(() => {
    const body = fixture(startMs, Math.round((Date.now() - startMs) / 1_000));
    fetch(url, { method: 'POST', headers, body }).catch((error: unknown) => console.error(String(error)));
  }, 1_000);
}

/** @returns whether every limit was kept. */
async function measure(page: Page, base: string): Promise<boolean> {
  const address = `${base}/map?label=rate`;
  const openings: number[] = [];
  for (let round = 0; round < OPENINGS; round += 1) openings.push(await open(page, address));
  openings.sort((a, b) => a - b);
  const shown = await page.locator('.react-flow__node').count();
  console.log(`\n${SERVICES} services with ${EDGES} ways between them; with the mesh's own ${shown} nodes`);
  console.log(`opens            median ${openings[OPENINGS >> 1]} ms, slowest ${openings.at(-1)} ms, of ${OPENINGS}`);
  const results = {
    'at rest': await frames(page, () => sleep(WATCHED_MS)),
    dragged: await frames(page, () => drag(page)),
    zoomed: await frames(page, () => zoom(page)),
  };
  for (const [what, { perSecond, p95 }] of Object.entries(results)) {
    console.log(`${what.padEnd(16)} ${perSecond.toFixed(1)} frames/s, 95 % of frames within ${p95.toFixed(1)} ms`);
  }
  const ink = await page.evaluate<number>(COUNT_INK);
  if (ink < EDGES) throw new Error(`the edges are not drawn: ${ink} pixels are not empty`);
  const slow = Object.values(results).some(({ perSecond }) => perSecond < 0.97 * FRAMES_PER_SECOND);
  return !slow && (openings[OPENINGS >> 1] ?? Infinity) <= OPEN_LIMIT_MS;
}

/** Milliseconds from the request of the page until the map shows every service. */
async function open(page: Page, address: string): Promise<number> {
  await page.goto('about:blank');
  await page.goto(address, { waitUntil: 'commit' });
  const shown = await page.waitForFunction(() => (globalThis as { shownMs?: number }).shownMs);
  return Math.round((await shown.jsonValue()) ?? Number.NaN);
}

/** Frames that the page drew while something was done to it. */
async function frames(page: Page, act: () => Promise<unknown>): Promise<{ perSecond: number; p95: number }> {
  await page.evaluate(COUNT_FRAMES);
  await act();
  const times = await page.evaluate<number[]>('globalThis.times');
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return { perSecond: (gaps.length / spanMs) * 1_000, p95: percentile(gaps, 95) ?? Number.NaN };
}

async function drag(page: Page): Promise<void> {
  const end = performance.now() + WATCHED_MS;
  await page.mouse.move(640, 720);
  await page.mouse.down();
  for (let step = 0; performance.now() < end; step += 1) {
    await page.mouse.move(640 + 200 * Math.sin(step / 20), 600 + 120 * Math.cos(step / 20));
    await sleep(16);
  }
  await page.mouse.up();
}

async function zoom(page: Page): Promise<void> {
  const end = performance.now() + WATCHED_MS;
  for (let step = 0; performance.now() < end; step += 1) {
    await page.mouse.wheel(0, step % 60 < 30 ? -20 : 20);
    await sleep(16);
  }
}
