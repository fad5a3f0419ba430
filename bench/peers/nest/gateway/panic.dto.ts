import { Type } from 'class-transformer';
import {
  IsDefined,
  IsIn,
  IsNumber,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { categories, LIMITS, type PanicRequest, severities } from '../../shared/contract.ts';

class LocationDto {
  @IsNumber()
  @Min(-LIMITS.latitude)
  @Max(LIMITS.latitude)
  latitude!: number;

  @IsNumber()
  @Min(-LIMITS.longitude)
  @Max(LIMITS.longitude)
  longitude!: number;

  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(LIMITS.accuracyMeters)
  accuracyMeters?: number;
}

/** The press as it comes over REST. */
export class PanicDto implements PanicRequest {
  @IsDefined()
  @ValidateNested()
  @Type(() => LocationDto)
  location!: LocationDto;

  @IsOptional()
  @IsIn(Object.keys(severities))
  severity?: keyof typeof severities;

  @IsOptional()
  @IsIn(Object.keys(categories))
  category?: keyof typeof categories;

  @IsOptional()
  @IsString()
  @MaxLength(LIMITS.description)
  description?: string;

  @IsOptional()
  @IsUUID()
  requestId?: string;
}
