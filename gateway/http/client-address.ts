import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';

/** Says who is at the other end: the connection's address, or what trusted proxies in between say it is. */
export type ClientAddress = (remoteAddress: string | undefined, forwardedFor: string | undefined) => string;

/** `trusted` are addresses and networks in CIDR notation. */
export function clientAddressBehind(trusted: readonly string[]): ClientAddress {
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [address = '', prefix] = entry.split('/');
    const version = isIP(address);
    const bits = prefix === undefined ? undefined : Number(prefix);
    if (version === 0 || (bits !== undefined && !(Number.isInteger(bits) && bits >= 0))) {
      throw new Error(`TRUSTED_PROXIES: "${entry}" is no address or network`);
    }
    if (bits === undefined) proxies.addAddress(address, version === 4 ? 'ipv4' : 'ipv6');
    else proxies.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6');
  }
  const isTrusted = (address: string) =>
    trusted.length > 0 && proxies.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');

  return (remoteAddress, forwardedFor) => {
    let client = plain(remoteAddress ?? '');
    if (!forwardedFor || isIP(client) === 0) return client;
    // Each proxy appends whom it saw, so that the list is believed from its end, as far as trusted proxies wrote it.
    const hops = forwardedFor.split(',');
    while (isTrusted(client)) {
      const hop = plain((hops.pop() ?? '').trim());
      if (isIP(hop) === 0) break;
      client = hop;
    }
    return client;
  };
}

/** An IPv4 address that came over IPv6 as what it is. */
const plain = (address: string): string => (/^::ffff:\d/i.test(address) ? address.slice(7) : address);

/**
 * What calls are counted by: an IPv4 address, or the /64 network of an IPv6 address, since one subscriber has all of a /64 and could
 * otherwise take another address for each call.
 */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = new SocketAddress({ address, family: 'ipv6' }).address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array(zeros).fill('0'), ...right].slice(0, 4).join(':');
}
