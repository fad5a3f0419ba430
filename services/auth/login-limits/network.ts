import { isIPv6, SocketAddress } from 'node:net';

/**
 * What failures are counted by: an IPv4 address, or the /64 network of an IPv6 address, since one subscriber has all of a /64
 * and could otherwise take another address for each try.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address;
  const groups = expand(new SocketAddress({ address, family: 'ipv6' }).address);
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function expand(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  return tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
}
