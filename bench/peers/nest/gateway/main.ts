/** The gateway: REST in, a request over RabbitMQ out. */
import 'reflect-metadata';
import { Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { readSettings, serving } from '../../shared/settings.ts';
import { requests } from '../queues.ts';
import { EMERGENCY, PanicController } from './panic.controller.ts';
import { TokenGuard, VERIFIER } from './token.guard.ts';
import { openTokenVerifier } from './token-verifier.ts';

const { RABBITMQ_URL, JWKS_URL } = readSettings('RABBITMQ_URL', 'JWKS_URL');

@Module({
  imports: [ClientsModule.register([{ name: EMERGENCY, ...requests(RABBITMQ_URL) }])],
  controllers: [PanicController],
  providers: [TokenGuard, { provide: VERIFIER, useFactory: () => openTokenVerifier(JWKS_URL) }],
})
class GatewayModule {}

const app = await NestFactory.create<NestFastifyApplication>(GatewayModule, new FastifyAdapter(), {
  logger: ['warn', 'error', 'fatal'],
});
app.useGlobalPipes(new ValidationPipe({ transform: true }));
await app.listen(0, '127.0.0.1');
serving(await app.getUrl());
