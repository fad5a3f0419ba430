import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Meter } from '@opentelemetry/api';

const RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

/** Measures this process each time that metrics are collected: memory, CPU, delay of the event loop since the last time. */
export function observeProcess(meter: Meter): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  meter
    .createObservableGauge('process.memory.usage', { unit: 'By', description: 'Resident memory' })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  meter
    .createObservableCounter('process.cpu.time', { unit: 's', description: 'CPU time used, user and system' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe((user + system) / MICROSECONDS);
    });
  meter
    .createObservableGauge('process.uptime', { unit: 's', description: 'Since the process was started' })
    .addCallback((result) => result.observe(process.uptime()));
  meter
    .createObservableGauge('nodejs.eventloop.delay.p99', {
      unit: 's',
      description: 'How late the event loop was, 99th percentile',
    })
    .addCallback((result) => {
      const lateNanos = delay.percentile(99) - RESOLUTION_MS * 1e6;
      result.observe(Math.max(lateNanos, 0) / NANOSECONDS);
      delay.reset();
    });
}
