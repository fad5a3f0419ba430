/** A volunteer whose phone says where it is. */
export interface Moving {
  readonly token: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** Who moves, and where they say so. */
export interface Setting {
  /** Of the volunteer service. */
  readonly url: string;
  /** Folder with the certificate of the edge. */
  readonly identity: string;
  /** File with a stream's volunteer each. */
  readonly volunteersFile: string;
  /** Connections that the streams share. */
  readonly connections: number;
}

/** Streams are opened, each with a position, then used once. */
export type Order =
  | { readonly kind: 'open'; readonly setting: Setting }
  /** @param perSecond positions sent, of all volunteers together */
  | { readonly kind: 'move'; readonly seconds: number; readonly perSecond: number };

export interface Outcome {
  /** Once the streams were open. */
  readonly sent: number;
  /** Those that are on record; the others were replaced by newer ones before they were written. */
  readonly stored: number;
  /** From the first position to the last one's being stored. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly errors: Readonly<Record<string, number>>;
}
