/** What the simulator reads of FCM's `Message`; names as both spellings of proto3 JSON allow them. */
export interface FcmMessage {
  readonly token?: string;
  readonly topic?: string;
  readonly condition?: string;
  readonly fid?: string;
  readonly notification?: { readonly title?: string; readonly body?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly android?: {
    readonly collapse_key?: string;
    readonly collapseKey?: string;
    readonly priority?: string;
    readonly ttl?: string;
    readonly data?: Readonly<Record<string, string>>;
    readonly notification?: { readonly tag?: string; readonly title?: string; readonly body?: string };
  };
  readonly apns?: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly payload?: { readonly aps?: { readonly alert?: string | { title?: string; body?: string } } };
  };
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Source: https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages */
export const fieldNames = {
  request: words('message validateOnly'),
  message: words('name data notification android webpush apns fcmOptions token topic condition fid'),
  notification: words('title body image'),
  android: words(
    'collapseKey priority ttl restrictedPackageName data notification fcmOptions directBootOk bandwidthConstrainedOk ' +
      'restrictedSatelliteOk',
  ),
  androidNotification: words(
    'title body icon color sound tag clickAction bodyLocKey bodyLocArgs titleLocKey titleLocArgs channelId ticker sticky ' +
      'eventTime localOnly notificationPriority defaultSound defaultVibrateTimings defaultLightSettings vibrateTimings ' +
      'visibility notificationCount lightSettings image proxy bypassProxyNotification',
  ),
  apns: words('headers payload fcmOptions liveActivityToken'),
  webpush: words('headers data notification fcmOptions'),
} as const;

/** What makes a later message take the place of a shown one: Android's tag, APNs' collapse id, Android's collapse key. */
export function collapseKeyOf({ android, apns }: FcmMessage): string | undefined {
  return (
    android?.notification?.tag ??
    apns?.headers?.['apns-collapse-id'] ??
    android?.collapse_key ??
    android?.collapseKey ??
    undefined
  );
}
