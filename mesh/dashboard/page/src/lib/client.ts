import type { DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';

/** Fired when a call finds that nobody is signed in any more. */
export const SIGNED_OUT = 'kreki:signed-out';

const watchSession: Interceptor = (next) => async (request) => {
  try {
    return await next(request);
  } catch (error) {
    const isSignIn = request.method.name.startsWith('SignIn');
    if (ConnectError.from(error).code === Code.Unauthenticated && !isSignIn) {
      window.dispatchEvent(new Event(SIGNED_OUT));
    }
    throw error;
  }
};

const transport = createConnectTransport({
  baseUrl: location.origin,
  useBinaryFormat: true,
  interceptors: [watchSession],
});

/** A client of one of the dashboard's own services; the session's cookie goes along by itself. */
export const clientOf = <Service extends DescService>(service: Service) => createClient(service, transport);
