import {
  Body,
  Controller,
  HttpCode,
  HttpStatus,
  Inject,
  type OnApplicationBootstrap,
  Post,
  UseGuards,
} from '@nestjs/common';
import type { ClientProxy } from '@nestjs/microservices';
import { type Observable, timeout } from 'rxjs';
import type { PanicAnswer } from '../../shared/contract.ts';
import { DEADLINE_MS, TRIGGER_PANIC, type TriggerPanic } from '../queues.ts';
import { PanicDto } from './panic.dto.ts';
import { TokenGuard, UserId } from './token.guard.ts';

export const EMERGENCY = Symbol('EMERGENCY');

@Controller('api/emergency')
export class PanicController implements OnApplicationBootstrap {
  constructor(@Inject(EMERGENCY) private readonly emergency: ClientProxy) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.emergency.connect();
  }

  @Post('panic')
  @HttpCode(HttpStatus.OK)
  @UseGuards(TokenGuard)
  triggerPanic(@UserId() requesterId: string, @Body() request: PanicDto): Observable<PanicAnswer> {
    return this.emergency
      .send<PanicAnswer, TriggerPanic>(TRIGGER_PANIC, { requesterId, request })
      .pipe(timeout(DEADLINE_MS));
  }
}
