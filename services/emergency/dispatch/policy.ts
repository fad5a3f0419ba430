import { Category, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import type { Config } from '../config.ts';

export type DispatchConfig = Config['dispatch'];

/** The numbers that hold for one emergency. */
export interface Policy {
  readonly offersOutstanding: number;
  readonly offerTimeoutMs: number;
  /** Ascending. */
  readonly radiiMeters: readonly number[];
  readonly escalateAfterMs: number;
  /** Between searches while too few were found: at least, at most. */
  readonly searchAgainMs: number;
  readonly searchAgainMaxMs: number;
  /** How often those with an open offer are looked for. */
  readonly checkOffersMs: number;
  /** Between tries while volunteers cannot be searched: the first, the most. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
  readonly giveUpAfterMs: number;
}

export function policyFor(severity: Severity, config: DispatchConfig): Policy {
  const { near, wider, widest } = config.radiiMeters;
  return {
    offersOutstanding: config.offersOutstanding,
    offerTimeoutMs: config.offerTimeoutMs,
    radiiMeters: [...new Set([near, wider, widest])].sort((one, other) => one - other),
    escalateAfterMs: config.escalateAfterMs[levelOf(severity)],
    searchAgainMs: config.searchAgainMs,
    searchAgainMaxMs: config.searchAgainMaxMs,
    checkOffersMs: config.checkOffersMs,
    retryMs: config.retryMs,
    retryMaxMs: config.retryMaxMs,
    giveUpAfterMs: config.giveUpAfterMs,
  };
}

export const respondersNeeded = (severity: Severity, config: DispatchConfig): number =>
  config.responders[levelOf(severity)];

function levelOf(severity: Severity): 'critical' | 'urgent' | 'normal' {
  switch (severity) {
    case Severity.UNSPECIFIED:
    case Severity.CRITICAL:
      return 'critical';
    case Severity.URGENT:
      return 'urgent';
    case Severity.NORMAL:
      return 'normal';
    default:
      return severity satisfies never;
  }
}

/** Skills of which a volunteer must have one; none: any that is certified. */
export function skillsFor(category: Category): Skill[] {
  switch (category) {
    case Category.CARDIAC_ARREST:
      return [Skill.BASIC_LIFE_SUPPORT, Skill.AED, Skill.ADVANCED_CARDIAC_LIFE_SUPPORT];
    case Category.TRAUMA:
    case Category.TRAFFIC_ACCIDENT:
      return [Skill.FIRST_AID, Skill.BASIC_LIFE_SUPPORT, Skill.ADVANCED_TRAUMA_LIFE_SUPPORT];
    case Category.MEDICAL:
      return [Skill.BASIC_LIFE_SUPPORT, Skill.FIRST_AID, Skill.ADVANCED_CARDIAC_LIFE_SUPPORT];
    case Category.FIRE:
    case Category.DISASTER:
      return [Skill.EVACUATION, Skill.FIRST_AID, Skill.BASIC_LIFE_SUPPORT];
    case Category.UNSPECIFIED:
    case Category.OTHER:
      return [];
    default:
      return category satisfies never;
  }
}
