import type { Interceptor } from '@connectrpc/connect';
import type { Admission } from '../admission/admission.ts';

/** Lets a call in when there is room for it. A stream keeps its place until it ends. */
export function admission({ enter, leave }: Admission): Interceptor {
  return (next) => async (request) => {
    const { method, signal } = request;
    await enter(method, signal);
    if (request.stream) {
      // Every call's signal aborts at its end, whichever that is.
      if (signal.aborted) leave(method);
      else signal.addEventListener('abort', () => leave(method), { once: true });
      return next(request);
    }
    try {
      return await next(request);
    } finally {
      leave(method);
    }
  };
}
