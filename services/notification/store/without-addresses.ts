const ADDRESS = /[^\s<>()"',;:]+@[^\s<>()"',;:]+/g;
/** 8 to 15 digits as people group them; numbers that are part of an id or of a network address are none. */
const NUMBER = /(?<![\w.:-])\+?\d(?:[ ().-]{0,2}\d){7,14}(?![\w:-])/g;
const NETWORK_ADDRESS = /^\d+\.\d+\.\d+\.\d+$/;

/** A provider's words on a failure, without the e-mail address or phone number that it may repeat in them. */
export const withoutAddresses = (text: string): string =>
  text.replace(ADDRESS, '[address]').replace(NUMBER, (number) => (NETWORK_ADDRESS.test(number) ? number : '[number]'));
