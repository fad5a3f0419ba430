import { randomUUIDv7 } from 'node:crypto';
import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** Devices a person may have; the one seen longest ago makes room. */
const DEVICES_MAX = 10;

export interface DeviceRow {
  readonly id: string;
  readonly platform: number;
  readonly create_time: Date;
  readonly last_seen_time: Date;
}

/** A token that was another person's becomes a new device, so that nothing meant for that person goes to it. */
const REGISTER = prepared(
  'register_device',
  `INSERT INTO device (id, user_id, token, platform) VALUES ($1, $2, $3, $4)
   ON CONFLICT (token) DO UPDATE SET
     id = CASE WHEN device.user_id = excluded.user_id THEN device.id ELSE excluded.id END,
     create_time = CASE WHEN device.user_id = excluded.user_id THEN device.create_time ELSE now() END,
     user_id = excluded.user_id, platform = excluded.platform, last_seen_time = now()
   RETURNING id, platform, create_time, last_seen_time`,
);
const TRIM = prepared(
  'trim_devices',
  `DELETE FROM device WHERE id IN (
     SELECT id FROM device WHERE user_id = $1 ORDER BY last_seen_time DESC, id DESC OFFSET ${DEVICES_MAX})`,
);

export async function registerDevice(
  database: Queryable,
  device: { userId: string; token: string; platform: number },
): Promise<DeviceRow> {
  const values = [randomUUIDv7(), device.userId, device.token, device.platform];
  const [row] = await database.query<DeviceRow>(REGISTER, values);
  if (!row) throw new Error('the device was not stored');
  await database.query(TRIM, [device.userId]);
  return row;
}

const FORGET = prepared(
  'forget_devices',
  `DELETE FROM device USING unnest($1::uuid[], $2::text[]) AS dead (id, token)
   WHERE device.id = dead.id AND device.token = dead.token`,
);

/** Removes devices whose token the provider no longer knows. */
export async function forgetDevices(
  database: Queryable,
  dead: readonly { deviceId: string; token: string }[],
): Promise<void> {
  await database.query(FORGET, [dead.map((one) => one.deviceId), dead.map((one) => one.token)]);
}

const FORGET_ALL = prepared('forget_devices_of', 'DELETE FROM device WHERE user_id = $1');

export async function forgetDevicesOf(database: Queryable, userId: string): Promise<void> {
  await database.query(FORGET_ALL, [userId]);
}
