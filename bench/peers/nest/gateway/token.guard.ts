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
import { type JWTVerifyGetKey, jwtVerify } from 'jose';
import { PERMISSION } from '../../shared/contract.ts';
import { type Claims, TOKEN } from '../../shared/keys.ts';

export const KEYS = Symbol('KEYS');

const BEARER = /^Bearer +([^ ]+)$/i;
const RULES = {
  issuer: TOKEN.issuer,
  audience: TOKEN.audience,
  algorithms: [TOKEN.algorithm],
  clockTolerance: TOKEN.clockToleranceSeconds,
};

type SignedIn = FastifyRequest & { userId?: string };

/** Lets in whoever shows a valid token of KREKI ID that grants pressing. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(@Inject(KEYS) private readonly keys: JWTVerifyGetKey) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SignedIn>();
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new UnauthorizedException();
    const { payload } = await jwtVerify<Claims>(token, this.keys, RULES).catch((cause) => {
      throw new UnauthorizedException('the access token is not valid', { cause });
    });
    if (!payload.perms.includes(PERMISSION)) throw new ForbiddenException(`this needs ${PERMISSION}`);
    request.userId = payload.sub;
    return true;
  }
}

/** The person who calls. */
export const UserId = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<SignedIn>().userId,
);
