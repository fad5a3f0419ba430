/** The service: requests over RabbitMQ in, PostgreSQL and events out. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, type MicroserviceOptions } from '@nestjs/microservices';
import { connect } from 'amqplib';
import { readSettings, serving, tellEvents } from '../../shared/settings.ts';
import { EVENTS_QUEUE, events, requests } from '../queues.ts';
import { EmergenciesController, EVENTS } from './emergencies.controller.ts';
import { PrismaService } from './prisma.service.ts';

const { RABBITMQ_URL } = readSettings('RABBITMQ_URL');

@Module({
  imports: [ClientsModule.register([{ name: EVENTS, ...events(RABBITMQ_URL) }])],
  controllers: [EmergenciesController],
  providers: [PrismaService],
})
class ServiceModule {}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(ServiceModule, {
  ...requests(RABBITMQ_URL),
  logger: ['warn', 'error', 'fatal'],
});
await app.listen();
const channel = await (await connect(RABBITMQ_URL)).createChannel();
tellEvents(async () => (await channel.purgeQueue(EVENTS_QUEUE)).messageCount);
serving();
