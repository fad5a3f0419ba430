import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';

/** A client of the edge as one device has it: a token, and a network address of its own. */
export function device<Desc extends DescService>(
  baseUrl: string,
  service: Desc,
  options: { token?: string; address?: string } = {},
): Client<Desc> {
  const { token, address } = options;
  return createClient(
    service,
    createConnectTransport({
      baseUrl,
      useBinaryFormat: true,
      interceptors: [
        (next) => (request) => {
          if (token) request.header.set('authorization', `Bearer ${token}`);
          // The launcher's edge trusts this machine as a proxy, so that each simulated device is limited by itself.
          if (address) request.header.set('x-forwarded-for', address);
          return next(request);
        },
      ],
    }),
  );
}

/** A network address of one of many simulated devices, within 10.0.0.0/8. */
export const addressOf = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
