import type { DataSteps } from '@kreki/runtime/database/migrations';
import type { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { sealPlain } from '@kreki/runtime/personal-data/seal-plain';
import { EMAIL, PHONE } from './accounts/personal-data.ts';

/** What SQL cannot do between two migrations. */
export const dataSteps = (personalData: PersonalData): DataSteps => ({
  '20261122010000_personal_data_plain_gone': async (client, log) => {
    await sealPlain(client, personalData, { plain: 'email', sealed: EMAIL }, log);
    await sealPlain(client, personalData, { plain: 'phone', sealed: PHONE }, log);
  },
});
