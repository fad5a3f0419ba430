import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';

/** A person with the app in hand: every call goes over the edge as the app's would. */
export interface Person {
  readonly userId: string;
  readonly phone: string;
  call<Desc extends DescService>(service: Desc): Client<Desc>;
  /** Takes new tokens, as the app does when the edge says that the role has changed. */
  refresh(): Promise<void>;
}

interface SignedIn {
  readonly user?: { readonly id: string; readonly phone: string } | undefined;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export async function signIn(edgeUrl: string, email: string, password: string): Promise<Person> {
  return person(edgeUrl, await createClient(AuthService, transportTo(edgeUrl)).login({ email, password }));
}

export interface NewPerson {
  readonly email: string;
  readonly phone: string;
  readonly password: string;
  readonly fullName: string;
}

export async function register(edgeUrl: string, details: NewPerson): Promise<Person> {
  return person(edgeUrl, await createClient(AuthService, transportTo(edgeUrl)).register(details));
}

function person(edgeUrl: string, signedIn: SignedIn): Person {
  let { accessToken, refreshToken } = signedIn;
  const transport = transportTo(edgeUrl, () => accessToken);
  return {
    userId: signedIn.user?.id ?? '',
    phone: signedIn.user?.phone ?? '',
    call: (service) => createClient(service, transport),
    async refresh() {
      const renewed = await createClient(AuthService, transportTo(edgeUrl)).refresh({ refreshToken });
      ({ accessToken, refreshToken } = renewed);
    },
  };
}

const transportTo = (baseUrl: string, token?: () => string): Transport =>
  createConnectTransport({
    baseUrl,
    interceptors: token
      ? [
          (next) => (request) => {
            request.header.set('authorization', `Bearer ${token()}`);
            return next(request);
          },
        ]
      : [],
  });
