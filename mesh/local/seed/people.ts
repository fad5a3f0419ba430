import { Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { tokenOfPhone } from '../../simulators/inbox/recipient.ts';
import type { RosterPerson, RosterVolunteer } from '../roster.ts';
import { type Random, random } from './random.ts';

export interface District {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

const SEED = 119;
const METERS_PER_DEGREE = 111_320;
/** About the size of a kecamatan of Jakarta, 15 km² on average. */
const SPREAD_METERS = 1_300;
const DAY_MS = 86_400_000;

const GIVEN = [
  'Adi',
  'Agus',
  'Aisyah',
  'Andi',
  'Anisa',
  'Bagus',
  'Bayu',
  'Budi',
  'Citra',
  'Dewi',
  'Dian',
  'Eka',
  'Fajar',
  'Farah',
  'Gita',
  'Hadi',
  'Hana',
  'Indra',
  'Intan',
  'Joko',
  'Kartika',
  'Lestari',
  'Made',
  'Maya',
  'Nadia',
  'Nur',
  'Putri',
  'Rahmat',
  'Rani',
  'Ratna',
  'Rizky',
  'Sari',
  'Siti',
  'Surya',
  'Tri',
  'Wahyu',
  'Wulan',
  'Yoga',
  'Yusuf',
  'Zahra',
];
const FAMILY = [
  'Anggraini',
  'Firmansyah',
  'Gunawan',
  'Hakim',
  'Halim',
  'Handayani',
  'Hidayat',
  'Kurniawan',
  'Kusuma',
  'Lubis',
  'Maharani',
  'Nasution',
  'Nugroho',
  'Permana',
  'Pratama',
  'Purnama',
  'Rahayu',
  'Ramadhan',
  'Santoso',
  'Saputra',
  'Setiawan',
  'Simanjuntak',
  'Siregar',
  'Suharto',
  'Sutanto',
  'Utami',
  'Wibowo',
  'Wijaya',
  'Wulandari',
  'Yulianti',
];

/** Volunteers in and around the districts, each with a valid certificate, most of them on duty. The same for the same count. */
export function volunteers(count: number, districts: readonly District[], now: Date): RosterPerson[] {
  const draw = random(SEED);
  return Array.from({ length: count }, (_, index) => {
    const district = draw.pick(districts);
    const displayName = `${draw.pick(GIVEN)} ${draw.pick(FAMILY)}`;
    const onDuty = draw.uniform() < 0.9;
    const position = scatter(district, SPREAD_METERS, draw);
    return person(index, displayName, { ...position, onDuty }, draw, now);
  });
}

/** A place at a normally distributed distance from another. */
function scatter(from: District, spreadMeters: number, draw: Random): { latitude: number; longitude: number } {
  const degrees = spreadMeters / METERS_PER_DEGREE;
  return {
    latitude: from.latitude + draw.normal() * degrees,
    longitude: from.longitude + (draw.normal() * degrees) / Math.cos((from.latitude * Math.PI) / 180),
  };
}

type Whereabouts = Pick<RosterVolunteer, 'latitude' | 'longitude' | 'onDuty'>;

function person(index: number, name: string, whereabouts: Whereabouts, draw: Random, now: Date): RosterPerson {
  const phone = `+62811${String(10_000_000 + index)}`;
  return {
    id: draw.uuid(),
    email: `relawan${index + 1}@kreki.example`,
    phone,
    fullName: name,
    role: 'volunteer',
    locale: draw.uniform() < 0.9 ? 'id' : 'en',
    pushToken: tokenOfPhone(phone),
    volunteer: { displayName: name, ...whereabouts, ...certified(draw, `BHD-${index + 1}`, now) },
  };
}

/** Basic life support for everybody, one more skill for some. */
export function certified(draw: Random, number: string, now: Date): Pick<RosterVolunteer, 'skills' | 'certifications'> {
  const extra = [Skill.FIRST_AID, Skill.AED, Skill.ADVANCED_CARDIAC_LIFE_SUPPORT, Skill.EVACUATION];
  const skills = [Skill.BASIC_LIFE_SUPPORT, ...(draw.uniform() < 0.5 ? [draw.pick(extra)] : [])];
  const validFrom = new Date(now.getTime() - Math.floor(draw.uniform() * 600) * DAY_MS);
  const certifications = skills.map((skill) => ({
    id: draw.uuid(),
    skill,
    issuer: 'KREKI',
    number: `${number}-${skill}`,
    validFrom,
    validUntil: new Date(validFrom.getTime() + 730 * DAY_MS),
  }));
  return { skills, certifications };
}
