import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PERMISSION } from '../../shared/contract.ts';
import type { TokenVerifier } from './token-verifier.ts';

export const VERIFIER = Symbol('VERIFIER');

const BEARER = /^Bearer +([^ ]+)$/i;

type SignedIn = FastifyRequest & { userId?: string };

/** Lets in whoever shows a valid token of KREKI ID that grants pressing. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(@Inject(VERIFIER) private readonly verify: TokenVerifier) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SignedIn>();
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new UnauthorizedException();
    const claims = await this.verify(token).catch((cause) => {
      throw new UnauthorizedException('the access token is not valid', { cause });
    });
    if (!claims.perms.includes(PERMISSION)) throw new ForbiddenException(`this needs ${PERMISSION}`);
    request.userId = claims.sub;
    return true;
  }
}

/** The person who calls. */
export const UserId = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<SignedIn>().userId,
);
