import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { PrismaClient } from '../../prisma/generated/client.ts';
import { openPrisma } from '../../shared/presses.ts';
import { readSettings } from '../../shared/settings.ts';

/** The one client of this process. */
@Injectable()
export class PrismaService implements OnModuleInit, OnModuleDestroy {
  readonly client: PrismaClient;

  constructor() {
    const { DATABASE_URL, DATABASE_CONNECTIONS } = readSettings('DATABASE_URL', 'DATABASE_CONNECTIONS');
    this.client = openPrisma(DATABASE_URL, Number(DATABASE_CONNECTIONS));
  }

  async onModuleInit(): Promise<void> {
    await this.client.$connect();
  }

  async onModuleDestroy(): Promise<void> {
    await this.client.$disconnect();
  }
}
