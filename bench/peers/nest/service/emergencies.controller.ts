import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { type ClientProxy, MessagePattern, Payload, RmqRecordBuilder } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { emergencyRequested, type PanicAnswer, panicAnswer } from '../../shared/contract.ts';
import { press } from '../../shared/presses.ts';
import { TRIGGER_PANIC, type TriggerPanic } from '../queues.ts';
import { PrismaService } from './prisma.service.ts';

export const EVENTS = Symbol('EVENTS');

@Controller()
export class EmergenciesController implements OnApplicationBootstrap {
  constructor(
    private readonly prisma: PrismaService,
    @Inject(EVENTS) private readonly events: ClientProxy,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.events.connect();
  }

  /** Answers once the emergency is committed and RabbitMQ has confirmed its event. */
  @MessagePattern(TRIGGER_PANIC)
  async triggerPanic(@Payload() { requesterId, request }: TriggerPanic): Promise<PanicAnswer> {
    const row = await press(this.prisma.client, requesterId, request);
    // Of a press that is repeated too: who died before it was sent is why somebody presses again. Consumers know it by the message id.
    const event = new RmqRecordBuilder(emergencyRequested(row)).setOptions({ messageId: row.id }).build();
    await lastValueFrom(this.events.emit('EmergencyRequested', event), { defaultValue: undefined });
    return panicAnswer(row);
  }
}
