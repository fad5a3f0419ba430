import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { meter } from '../../telemetry.ts';
import { Shedder } from './shedder.ts';

const SAMPLE_MS = 100;
const RESOLUTION_MS = 10;

const pressure = meter.createGauge('kreki.rpc.pressure', {
  description: 'How much is refused: 1 everything sheddable, 2 everything normal too, 3 everything',
});

export interface Load {
  readonly shedder: Shedder;
  stop(): void;
}

/** Refuses calls while the event loop of this process is late by more than `limitMs` on average; 0 never does. */
export function watchLoad(limitMs: number): Load {
  const shedder = new Shedder(limitMs);
  if (limitMs === 0) return { shedder, stop: () => undefined };
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let last = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    const meanMs = delay.count > 0 ? delay.mean / 1e6 - RESOLUTION_MS : 0;
    delay.reset();
    const before = shedder.pressure;
    shedder.observe({ delayMs: meanMs, utilization });
    if (shedder.pressure !== before) pressure.record(shedder.pressure);
  }, SAMPLE_MS).unref();
  return {
    shedder,
    stop() {
      clearInterval(timer);
      delay.disable();
    },
  };
}
